"""Reads the files of a mount again and again, until a file appears, and checks them: survivor.py FOLDER FILES STOP."""
import os
import sys

folder, files, stop = sys.argv[1], int(sys.argv[2]), sys.argv[3]
reads = 0
while not os.path.exists(stop):
    for number in range(files):
        with open(f"{folder}/key{number}", encoding="ascii") as file:
            text = file.read()
        if text != f"{number} " + chr(ord("a") + number % 26) * (40 + number * 97 % 9000):
            sys.exit(f"key{number} has other bytes: {text[:40]}")
        reads += 1
print(reads, os.getpid())
