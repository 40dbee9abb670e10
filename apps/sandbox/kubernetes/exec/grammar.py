"""The shell's grammar, as far as it is emulated: words, quotes, variables, `;` `&&` `||` `|` `&`, redirections, and
`for`, `while`, `until`, `if`, `{ }`.

Must not: run anything; functions, `case` and subshells are a syntax error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

OPERATORS = ("&&", "||", ";", "|", "&", "\n")
_REDIRECT = re.compile(r"([012]?)(>>|>&|>|<)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
UNSUPPORTED = {"case", "esac", "function", "(", ")"}
OPENING = {"for", "while", "until", "if", "{"}
INNER = {"do", "done", "then", "elif", "else", "fi", "}"}


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
class For(Command):
    """`for variable in words; do body; done`."""

    variable: str = ""
    body: list[Pipeline] = field(default_factory=list)


@dataclass
class While(Command):
    """`while condition; do body; done`; `until` where the condition is to fail."""

    condition: list[Pipeline] = field(default_factory=list)
    body: list[Pipeline] = field(default_factory=list)
    is_until: bool = False


@dataclass
class If(Command):
    """`if condition; then body; elif …; else …; fi`: pairs in order, and what is left."""

    branches: list[tuple[list[Pipeline], list[Pipeline]]] = field(default_factory=list)
    otherwise: list[Pipeline] = field(default_factory=list)


@dataclass
class Group(Command):
    """`{ body; }`."""

    body: list[Pipeline] = field(default_factory=list)


@dataclass
class Pipeline:
    """Commands joined by `|`, and the operator before it (`;`, `&&`, `||`); `background` for a trailing `&`."""

    commands: list[Command]
    before: str = ";"
    background: bool = False
    is_negated: bool = False


class Scanner:
    """Turns a script into pipelines, left to right."""

    def __init__(self, script: str) -> None:
        self._text = script
        self._at = 0
        self.ended_by = ""

    def pipelines(self, *ends: str) -> list[Pipeline]:
        """Everything up to one of the words `ends`, which is then in `ended_by`; without any, the whole script."""
        found: list[Pipeline] = []
        commands: list[Command] = []
        before, is_negated = ";", False
        while True:
            if not commands and self._take_reserved({"!"}):
                is_negated = True
            self.ended_by = "" if commands else self._take_reserved(set(ends))
            if self.ended_by:
                return found
            current, operator = self._next()
            if operator == "" and current is None:
                if commands or ends:
                    raise ShellSyntaxError("unexpected end of file")
                return found
            if current is not None:
                commands.append(current)
            elif operator != "\n":
                raise ShellSyntaxError(f'unexpected "{operator}"')
            if operator == "|":
                continue
            if commands:
                found.append(Pipeline(commands, before, operator == "&", is_negated))
                commands, is_negated = [], False
                before = operator if operator in ("&&", "||") else ";"
            if operator == "" and not ends:
                return found

    def _next(self) -> tuple[Command | None, str]:
        """The next command and the operator after it; None where there is only the operator."""
        opening = self._take_reserved(OPENING)
        if not opening:
            wrong = self._take_reserved(INNER | UNSUPPORTED)
            if wrong:
                raise ShellSyntaxError(f'unexpected "{wrong}"' if wrong in INNER else f'"{wrong}" is not emulated here')
            command = Command()
            operator = self._next_into(command)
            return (command if command.words or command.redirects else None), operator
        compound = self._compound(opening)
        words = list(compound.words)
        compound.words = []
        operator = self._next_into(compound)
        if compound.words:
            raise ShellSyntaxError(f'unexpected word after "{opening}"')
        compound.words = words
        return compound, operator

    def _compound(self, opening: str) -> Command:
        if opening == "for":
            return self._for()
        if opening in ("while", "until"):
            condition = self.pipelines("do")
            return While(condition=condition, body=self.pipelines("done"), is_until=opening == "until")
        if opening == "{":
            return Group(body=self.pipelines("}"))
        found = If()
        while True:
            condition = self.pipelines("then")
            found.branches.append((condition, self.pipelines("elif", "else", "fi")))
            if self.ended_by == "else":
                found.otherwise = self.pipelines("fi")
            if self.ended_by == "fi":
                return found

    def _for(self) -> For:
        head = Command()
        operator = self._next_into(head)
        names = ["".join(part.text for part in word) for word in head.words]
        if len(names) < 2 or names[1] != "in" or operator not in (";", "\n"):
            raise ShellSyntaxError("a for loop is: for NAME in WORDS; do … done")
        if self.pipelines("do"):
            raise ShellSyntaxError('expected "do"')
        return For(words=head.words[2:], variable=names[0], body=self.pipelines("done"))

    def _take_reserved(self, words: set[str]) -> str:
        """One of these words, if it comes next and stands alone."""
        self._skip_blanks()
        for word in words:
            after = self._text[self._at + len(word) : self._at + len(word) + 1]
            if self._text.startswith(word, self._at) and (after == "" or after in " \t\r\n;|&<>"):
                self._at += len(word)
                return word
        return ""

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
            command.words.append(self._word())

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
        if rest.startswith("(("):
            end = rest.find("))")
            if end < 0:
                raise ShellSyntaxError('unexpected end of file (expecting "))")')
            self._at += end + 2
            return Part("sum", rest[2:end], quoted)
        if rest.startswith("("):
            return Part("command", self._parenthesis(), quoted)
        if rest.startswith("{"):
            end = rest.find("}")
            if end < 0:
                raise ShellSyntaxError("bad substitution")
            self._at += end + 1
            return Part("variable", rest[1:end], quoted)
        if rest[:1] and rest[0] in "?$#@*!0123456789":
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
