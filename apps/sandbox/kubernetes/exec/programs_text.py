"""Emulated programs that read and write text: echo, printf, ls, cat, head, wc, grep, tr, seq, yes.

Must not: touch the real file system.
"""

from __future__ import annotations

import re

from apps.sandbox.kubernetes.exec.commands import Call, program
from apps.sandbox.kubernetes.exec.streams import Input


@program("echo")
async def echo(call: Call) -> int:
    words = call.argv[1:]
    newline = "\n"
    while words and words[0] in ("-n", "-e"):
        if words.pop(0) == "-n":
            newline = ""
    await call.stdout.write((" ".join(words) + newline).encode())
    return 0


@program("printf")
async def printf(call: Call) -> int:
    if len(call.argv) < 2:
        return await call.complain("usage: printf FORMAT [ARG]...")
    template, values = call.argv[1], call.argv[2:]
    for escape, char in (("\\n", "\n"), ("\\t", "\t"), ("\\033", "\x1b"), ("\\r", "\r")):
        template = template.replace(escape, char)
    pieces = template.replace("%d", "%s").replace("%%", "\0").split("%s")
    text = pieces[0]
    for number, piece in enumerate(pieces[1:]):
        text += (values[number] if number < len(values) else "") + piece
    await call.stdout.write(text.replace("\0", "%").encode())
    return 0


@program("ls")
async def ls(call: Call) -> int:
    tree = call.context.tree
    options = [a for a in call.argv[1:] if a.startswith("-")]
    names = [a for a in call.argv[1:] if not a.startswith("-")] or ["."]
    is_long = any("l" in option for option in options)
    status = 0
    for name in names:
        path = call.path(name)
        try:
            entries = tree.list(path)
        except NotADirectoryError:
            entries = [name]
        except FileNotFoundError:
            status = await call.complain(f"{name}: No such file or directory")
            continue
        for entry in entries:
            full = tree.resolve(path, entry)
            if not is_long:
                await call.print(entry)
                continue
            mode = "drwxr-xr-x" if tree.is_directory(full) else "-rw-r--r--"
            await call.print(f"{mode}    1 root     root     {tree.size(full):9d} Nov 21 12:00 {entry}")
    return status


@program("cat")
async def cat(call: Call) -> int:
    status = 0
    for name in call.argv[1:] or ["-"]:
        if name == "-":
            while data := await call.stdin.read():
                await call.stdout.write(data)
            continue
        try:
            await call.stdout.write(call.context.tree.read(call.path(name)).encode())
        except FileNotFoundError:
            status = await call.complain(f"can't open '{name}': No such file or directory")
        except IsADirectoryError:
            status = await call.complain("read error: Is a directory")
    return status


@program("head")
async def head(call: Call) -> int:
    """`head [-c BYTES | -n LINES] [FILE]`."""
    arguments = call.argv[1:]
    unit, count, name = "-n", 10, ""
    while arguments:
        word = arguments.pop(0)
        if word[:2] in ("-c", "-n"):
            value = word[2:] or (arguments.pop(0) if arguments else "")
            if not value.isdecimal():
                return await call.complain(f"invalid number '{value}'")
            unit, count = word[:2], int(value)
        else:
            name = word
    source: Input = call.stdin
    if name:
        if not call.context.tree.exists(call.path(name)):
            return await call.complain(f"{name}: No such file or directory")
        source = Input()
        source.feed(call.context.tree.read(call.path(name)).encode())
        source.feed_eof()
    while count > 0:
        data = await source.read(min(count, 32 * 1024)) if unit == "-c" else await source.readline()
        if not data:
            break
        count -= len(data) if unit == "-c" else 1
        await call.stdout.write(data)
    return 0


@program("wc")
async def wc(call: Call) -> int:
    size = lines = 0
    while data := await call.stdin.read():
        size += len(data)
        lines += data.count(b"\n")
    await call.print(str(lines if "-l" in call.argv else size))
    return 0


@program("grep")
async def grep(call: Call) -> int:
    """`grep [-qvczsaFEx] TEXT [FILE…]`: plain text and `^`, `$`, `.`, `[]`, `*` as a regular expression."""
    options = "".join(word[1:] for word in call.argv[1:] if word.startswith("-") and len(word) > 1)
    words = [word for word in call.argv[1:] if not word.startswith("-") or len(word) == 1]
    if not words:
        return await call.complain("usage: grep TEXT [FILE]")
    pattern = re.compile(re.escape(words[0]) if "F" in options else words[0])
    status, count = 1, 0
    for name in words[1:] or ["-"]:
        lines = await _lines_of(call, name, "\0" if "z" in options else "\n")
        if lines is None:
            if "s" not in options:
                await call.complain(f"{name}: No such file or directory")
            status = 2
            continue
        before = count
        for line in lines:
            found = pattern.fullmatch(line) if "x" in options else pattern.search(line)
            if (found is not None) is not ("v" in options):
                status, count = 0, count + 1
                if "q" not in options and "c" not in options and "l" not in options:
                    await call.print(line)
        if count > before and "l" in options:
            await call.print(name)
    if "c" in options:
        await call.print(str(count))
    return status


async def _lines_of(call: Call, name: str, end: str) -> list[str] | None:
    """The lines of a file or of stdin; None where there is no such file."""
    if name == "-":
        data = b""
        while piece := await call.stdin.read():
            data += piece
        text = data.decode(errors="replace")
    elif call.context.tree.exists(call.path(name)):
        text = call.context.tree.read(call.path(name))
    else:
        return None
    return text.removesuffix(end).split(end) if text else []


@program("tr")
async def tr(call: Call) -> int:
    """`tr A B` and `tr -d A` for single characters, with the escapes for newline and NUL."""
    words = [w.replace("\\0", "\0").replace("\\n", "\n").replace("\\000", "\0") for w in call.argv[1:] if w != "-d"]
    while data := await call.stdin.read():
        for number, old in enumerate(words[0]):
            new = words[1][min(number, len(words[1]) - 1)] if len(words) > 1 else ""
            data = data.replace(old.encode(), new.encode())
        await call.stdout.write(data)
    return 0


@program("seq")
async def seq(call: Call) -> int:
    try:
        numbers = [int(a) for a in call.argv[1:4]]
    except ValueError:
        return await call.complain("invalid number")
    if not numbers:
        return await call.complain("usage: seq [FIRST [INC]] LAST")
    first = numbers[0] if len(numbers) > 1 else 1
    step = numbers[1] if len(numbers) > 2 else 1
    if step == 0:
        return await call.complain("step cannot be 0")
    block: list[str] = []
    for number in range(first, numbers[-1] + (1 if step > 0 else -1), step):
        block.append(f"{number}\n")
        if len(block) == 500:
            await call.stdout.write("".join(block).encode())
            block.clear()
    await call.stdout.write("".join(block).encode())
    return 0


@program("yes")
async def yes(call: Call) -> int:
    block = ((" ".join(call.argv[1:]) or "y") + "\n").encode()
    block *= max(1, 8192 // len(block))
    while True:
        await call.stdout.write(block)
