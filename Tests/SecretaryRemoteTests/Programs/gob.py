"""`KMS` envelopes, read and written from Documentation/formats.md alone."""


def number(data, at):
    first = data[at]
    if first < 128:
        return first, at + 1
    count = 256 - first
    return int.from_bytes(data[at + 1:at + 1 + count], "big"), at + 1 + count


def unsigned(value):
    if value < 128:
        return bytes([value])
    text = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes([256 - len(text)]) + text


def text(value):
    return unsigned(len(value)) + value


def read(data):
    """The fields by name; the definitions of the types are those of a writer."""
    names = [b"EncryptedDataKey", b"Nonce", b"Message"] + ([b"Scope"] if b"\x05Scope\x01\x0c" in data else [])
    at = 0
    while at < len(data):
        length, at = number(data, at)
        message, at = data[at:at + length], at + length
    kind, place = number(message, 0)
    assert kind == 130, kind
    fields = {}
    for name in names:
        step, place = number(message, place)
        assert step == 1
        count, place = number(message, place)
        if name == b"Nonce":
            value = []
            for _ in range(count):
                byte, place = number(message, place)
                value.append(byte)
            fields["Nonce"] = bytes(value)
        else:
            fields[name.decode()], place = message[place:place + count], place + count
    assert message[place:] == b"\0", message[place:]
    return fields


def write(fields):
    names = [b"EncryptedDataKey", b"Nonce", b"Message"] + ([b"Scope"] if "Scope" in fields else [])
    kinds = {b"EncryptedDataKey": b"\x0a", b"Nonce": b"\xff\x84", b"Message": b"\x0a", b"Scope": b"\x0c"}
    structure = (
        b"\xff\x81\x03\x01\x01" + text(b"kmsPayload") + b"\x01\xff\x82\x00\x01" + unsigned(len(names))
        + b"".join(b"\x01" + text(name) + b"\x01" + kinds[name] + b"\x00" for name in names) + b"\x00\x00")
    array = b"\xff\x83\x01\x01\x01" + text(b"[24]uint8") + b"\x01\xff\x84\x00\x01\x06\x01\x30\x00\x00"
    value = b"\xff\x82"
    for name in names:
        field = fields[name.decode()]
        value += b"\x01" + (
            unsigned(24) + b"".join(unsigned(byte) for byte in field) if name == b"Nonce" else text(field))
    return text(structure) + text(array) + text(value + b"\x00")
