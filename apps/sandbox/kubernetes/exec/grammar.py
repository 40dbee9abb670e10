"""The shell's grammar, as far as it is emulated: words, quotes, variables, `;` `&&` `||` `|` `&` and redirections.

Must not: run anything; loops, functions and globs are a syntax error or plain text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

OPERATORS = ("&&", "||", ";", "|", "&", "\n")
_REDIRECT = re.compile(r"([012]?)(>>|>&|>|<)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
UNSUPPORTED = {"if", "then", "fi", "for", "while", "until", "do", "done", "case", "esac", "function", "{", "}"}


class ShellSyntaxError(Exception):
    """The script cannot be parsed."""


@dataclass
class Part:
    """A piece of a word: literal text, a variable's name or a command to substitute."""

    kind: str
    text: str
    quoted: bool


Word = list[Part]


@dataclass
class Redirect:
    """`fd` goes to (or comes from) `target`; operator is >, >>, >& or <."""

    fd: int
    operator: str
    target: Word


@dataclass
class Command:
    """One simple command."""

    words: list[Word] = field(default_factory=list)
    redirects: list[Redirect] = field(default_factory=list)


@dataclass
class Pipeline:
    """Commands joined by `|`, and the operator before it (`;`, `&&`, `||`); `background` for a trailing `&`."""

    commands: list[Command]
    before: str = ";"
    background: bool = False


class Scanner:
    """Turns a script into pipelines, left to right."""

    def __init__(self, script: str) -> None:
        self._text = script
        self._at = 0

    def pipelines(self) -> list[Pipeline]:
        """The whole script."""
        found: list[Pipeline] = []
        commands: list[Command] = []
        current, before = Command(), ";"
        while True:
            operator = self._next_into(current)
            if operator == "" and not current.words and not current.redirects:
                if not commands:
                    return found
                raise ShellSyntaxError("unexpected end of file")
            if current.words or current.redirects:
                commands.append(current)
                current = Command()
            elif operator != "\n":
                raise ShellSyntaxError(f'unexpected "{operator}"')
            if operator == "|":
                continue
            if commands:
                found.append(Pipeline(commands, before, background=operator == "&"))
                commands = []
                before = operator if operator in ("&&", "||") else ";"
            if operator == "":
                return found

    def _next_into(self, command: Command) -> str:
        """Read words and redirections up to the next operator and return that; empty at the end."""
        while True:
            self._skip_blanks()
            if self._at >= len(self._text):
                return ""
            redirect = _REDIRECT.match(self._text, self._at)
            if redirect:
                self._at = redirect.end()
                self._skip_blanks()
                default = "0" if redirect[2] == "<" else "1"
                command.redirects.append(Redirect(int(redirect[1] or default), redirect[2], self._word()))
                continue
            for operator in OPERATORS:
                if self._text.startswith(operator, self._at):
                    self._at += len(operator)
                    return operator
            word = self._word()
            if not command.words and len(word) == 1 and word[0].text in UNSUPPORTED and not word[0].quoted:
                raise ShellSyntaxError(f'"{word[0].text}" is not emulated here')
            command.words.append(word)

    def _skip_blanks(self) -> None:
        while self._at < len(self._text):
            if self._text[self._at] in " \t\r":
                self._at += 1
            elif self._text.startswith("\\\n", self._at):
                self._at += 2
            elif self._text[self._at] == "#":
                end = self._text.find("\n", self._at)
                self._at = len(self._text) if end < 0 else end
            else:
                return

    def _word(self) -> Word:
        parts: Word = []
        start = self._at
        while self._at < len(self._text) and self._text[self._at] not in " \t\r\n;|&<>":
            char = self._text[self._at]
            if char == "'":
                parts.append(Part("text", self._until("'"), True))
            elif char == '"':
                parts.append(Part("text", "", True))
                self._double_quoted(parts)
            elif char == "\\" and self._at + 1 < len(self._text):
                parts.append(Part("text", self._text[self._at + 1], True))
                self._at += 2
            elif char == "$":
                parts.append(self._dollar(quoted=False))
            else:
                parts.append(Part("text", char, False))
                self._at += 1
        if self._at == start:
            raise ShellSyntaxError("unexpected end of file" if start >= len(self._text) else "unexpected newline")
        return _joined(parts)

    def _until(self, quote: str) -> str:
        end = self._text.find(quote, self._at + 1)
        if end < 0:
            raise ShellSyntaxError("unterminated quoted string")
        text = self._text[self._at + 1 : end]
        self._at = end + 1
        return text

    def _double_quoted(self, parts: Word) -> None:
        self._at += 1
        while self._at < len(self._text):
            char = self._text[self._at]
            if char == '"':
                self._at += 1
                return
            if char == "\\" and self._text[self._at + 1 : self._at + 2] in ('"', "\\", "$", "`"):
                parts.append(Part("text", self._text[self._at + 1], True))
                self._at += 2
            elif char == "$":
                parts.append(self._dollar(quoted=True))
            else:
                parts.append(Part("text", char, True))
                self._at += 1
        raise ShellSyntaxError("unterminated quoted string")

    def _dollar(self, *, quoted: bool) -> Part:
        self._at += 1
        rest = self._text[self._at :]
        if rest.startswith("("):
            return Part("command", self._parenthesis(), quoted)
        if rest.startswith("{"):
            end = rest.find("}")
            if end < 0:
                raise ShellSyntaxError("bad substitution")
            self._at += end + 1
            return Part("variable", rest[1:end], quoted)
        if rest[:1] in ("?", "$", "#", "0"):
            self._at += 1
            return Part("variable", rest[0], quoted)
        name = _NAME.match(rest)
        if name is None:
            return Part("text", "$", quoted)
        self._at += name.end()
        return Part("variable", name[0], quoted)

    def _parenthesis(self) -> str:
        depth = 0
        for end in range(self._at, len(self._text)):
            depth += {"(": 1, ")": -1}.get(self._text[end], 0)
            if depth == 0:
                inner = self._text[self._at + 1 : end]
                self._at = end + 1
                return inner
        raise ShellSyntaxError('unexpected end of file (expecting ")")')


def _joined(parts: Word) -> Word:
    """The same word with neighbouring literal text in one part."""
    joined: Word = []
    for part in parts:
        if joined and part.kind == "text" == joined[-1].kind and part.quoted == joined[-1].quoted:
            joined[-1].text += part.text
        else:
            joined.append(part)
    return joined


def parse(script: str) -> list[Pipeline]:
    """A script as pipelines; raises ShellSyntaxError."""
    return Scanner(script).pipelines()
