"""What Python programs do with secret files; says nothing when all of them are as they should be."""
import io, mmap, os, pathlib, select, shutil, tarfile

mount, plain, out = (os.environ[name] for name in ("M", "P", "OUT"))
strict = os.environ["POLICY"] == "strict"


def walk(root):
    for folder, folders, names in os.walk(root):
        if ".secretary" in folders:
            folders.remove(".secretary")
        for name in names:
            path = os.path.join(folder, name)
            yield os.path.relpath(path, root), path


found, expected = dict(walk(mount)), dict(walk(plain))
assert sorted(found) == sorted(expected), set(found) ^ set(expected)
for name, path in expected.items():
    content = open(path, "rb").read()
    secret = found[name]
    assert os.stat(secret).st_size == os.path.getsize(secret) == len(content), name
    assert open(secret, "rb").read() == content, name
    assert pathlib.Path(secret).read_bytes() == content, name
    if "many" in name:
        continue
    with open(secret, "rb", buffering=0) as file:
        buffer = bytearray(len(content) + 10)
        assert file.readinto(buffer) == len(content) and buffer[: len(content)] == content, name
        assert os.pread(file.fileno(), 10, 2) == content[2:12], name
        assert file.seek(0, io.SEEK_END) == len(content), name
        poll = select.poll()
        poll.register(file, select.POLLIN)
        assert poll.poll(0), name
        if not content:
            continue
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as view:
            assert view[:] == content, name
        try:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
                assert not strict and view[:] == content and view.find(content[-1:]) >= 0, name
        except OSError as error:
            assert strict and error.errno == 19, (name, error)

with os.scandir(os.path.join(mount, "app.yml", "many")) as entries:
    sizes = {entry.name: entry.stat().st_size for entry in entries if entry.is_file() and not entry.is_symlink()}
assert len(sizes) == 300 and sizes["key 299"] == len("value 299\n")

assert open(os.path.join(mount, "app.yml", "deep", "er", "est", "of all"), encoding="utf-8").readlines() == [
    "needle in a haystack\n"
]
assert os.getxattr(os.path.join(mount, "app.yml", "small"), "user.secretary.scope") == b"none"
shutil.copytree(os.path.join(mount, "app.yml"), os.path.join(out, "copy"), copy_function=shutil.copyfile)
with tarfile.open(os.path.join(out, "python.tar"), "w") as archive:
    archive.add(os.path.join(mount, "web.json"), "web.json")
for call in (
    lambda: open(os.path.join(mount, "app.yml", "small"), "w"),
    lambda: os.remove(os.path.join(mount, "app.yml", "small")),
    lambda: os.mkdir(os.path.join(mount, "new")),
):
    try:
        call()
        raise SystemExit("a mount was changed")
    except OSError as error:
        assert error.errno == 30, error
