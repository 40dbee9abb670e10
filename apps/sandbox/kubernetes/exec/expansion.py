"""What a word becomes: variables, positional parameters, `${name#pattern}`, `$((sums))`, `$(commands)` and globs.

Must not: run anything but the commands of a substitution, which the shell runs.
"""

from __future__ import annotations

import ast
import fnmatch
import re
from typing import TYPE_CHECKING

from apps.sandbox.kubernetes.exec.grammar import Part, Word

if TYPE_CHECKING:
    from apps.sandbox.kubernetes.exec.shell import Shell

_GLOB = re.compile(r"[*?\[]")
_TRIM = re.compile(r"(\w+|[@*#?!])(##|#|%%|%|:-|-|:\+)(.*)", re.DOTALL)
_NAME = re.compile(r"\$?([A-Za-z_]\w*)")


async def expand(shell: Shell, word: Word) -> list[str]:
    """The words that one word of a script becomes."""
    if len(word) == 1 and word[0].kind == "variable" and word[0].text == "@":
        return list(shell.arguments)
    if [part.text for part in word] == ["", "@"] and word[1].kind == "variable":
        return list(shell.arguments)
    text, pattern, is_quoted = "", "", False
    for part in word:
        value = await value_of(shell, part)
        is_quoted = is_quoted or part.quoted
        text += value
        pattern += value if not part.quoted and part.kind == "text" else glob_escaped(value)
    if _GLOB.search("".join(part.text for part in word if part.kind == "text" and not part.quoted)):
        found = paths(shell, pattern)
        if found:
            return found
    if is_quoted:
        return [text]
    return text.split() if any(p.kind != "text" for p in word) else [text]


async def value_of(shell: Shell, part: Part) -> str:
    """The text of one part."""
    if part.kind == "text":
        return part.text
    if part.kind == "variable":
        return variable(shell, part.text)
    if part.kind == "sum":
        return str(total(shell, part.text))
    return await shell.substitute(part.text)


def variable(shell: Shell, name: str) -> str:
    """`$name`, `${name:-default}`, `${name#pattern}` and `${name%pattern}` in their usual forms, `${#name}`."""
    special = {"?": str(shell.status), "$": str(shell.process.pid), "#": str(len(shell.arguments)), "!": shell.last_job}
    if name in special:
        return special[name]
    if name in ("@", "*"):
        return " ".join(shell.arguments)
    if name.isdecimal():
        return ([shell.called, *shell.arguments][int(name) : int(name) + 1] or [""])[0]
    if name.startswith("#"):
        return str(len(variable(shell, name[1:])))
    trim = _TRIM.fullmatch(name)
    if trim is None:
        return shell.variables.get(name, "")
    value = variable(shell, trim[1])
    if trim[2] in (":-", "-"):
        return value or _plain(shell, trim[3])
    if trim[2] == ":+":
        return _plain(shell, trim[3]) if value else ""
    return _trimmed(value, trim[2], _plain(shell, trim[3]))


def total(shell: Shell, text: str) -> int:
    """An arithmetic expression of whole numbers; what is no number is 0, as in a shell."""
    plain = _NAME.sub(lambda found: variable(shell, found[1]) or "0", text)
    try:
        return _sum(ast.parse(plain.strip() or "0", mode="eval").body)
    except (SyntaxError, ZeroDivisionError):
        return 0


def paths(shell: Shell, pattern: str) -> list[str]:
    """The paths of the container that a pattern names, sorted; each `*` stays within its directory."""
    tree, is_absolute = shell.context.tree, pattern.startswith("/")
    found = ["/" if is_absolute else ""]
    for piece in [p for p in pattern.split("/") if p]:
        longer: list[str] = []
        for base in found:
            where = shell.path(base or ".")
            if tree.is_directory(where):
                names = [n for n in tree.list(where) if fnmatch.fnmatchcase(n, piece)]
                longer += [f"{base}{'' if base in ('', '/') else '/'}{n}" for n in names]
        found = longer
    return sorted(found)


def glob_escaped(text: str) -> str:
    """Text that stands for itself in a pattern."""
    return re.sub(r"([*?\[])", r"[\1]", text)


def _plain(shell: Shell, text: str) -> str:
    text = text.strip("\"'")
    return variable(shell, text[1:].strip("{}")) if text.startswith("$") else text


def _trimmed(value: str, operator: str, pattern: str) -> str:
    """Without the shortest (`#`, `%`) or longest (`##`, `%%`) piece at its beginning or end that the pattern names."""
    from_start = operator[0] == "#"
    lengths = range(len(value) + 1) if len(operator) == 1 else range(len(value), -1, -1)
    for length in lengths:
        piece = value[:length] if from_start else value[len(value) - length :]
        if fnmatch.fnmatchcase(piece, pattern):
            return value[length:] if from_start else value[: len(value) - length]
    return value


def _sum(node: ast.expr) -> int:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_sum(node.operand)
    if isinstance(node, ast.BinOp):
        left, right = _sum(node.left), _sum(node.right)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        if isinstance(node.op, ast.Mult):
            return left * right
        if isinstance(node.op, ast.Div):
            return left // right
    return 0
