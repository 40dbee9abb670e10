"""What `make demo` prints once everything is up: where to look, who may sign in, where the files are.

Accounts and clone URL come from the seeder, in `accounts.json` and as files it wrote. Must not: invent either.
"""

from __future__ import annotations

import json

from opsportal.demo.folder import DataFolder
from opsportal.demo.parts import HOST


def report(folder: DataFolder, port: int, *, has_pages: bool) -> str:
    """The closing text, in lines."""
    address = f"http://{HOST}:{port}/"
    if has_pages:
        lines = ["", f"opsportal is up: {address}", "", f"  API              {address}api/"]
    else:
        lines = ["", f"opsportal is up: {address}api/ (the API alone: no pages are built)", ""]
    lines += _accounts(folder)
    for kubeconfig in sorted(folder.sandbox.rglob("*kubeconfig*")):
        if kubeconfig.is_file():
            lines.append(f"  kubeconfig       {kubeconfig}")
    lines.append(f"  ports, tokens    {folder.sandbox / 'world.json'}")
    lines.append(f"  logs             {folder.logs}")
    lines.append(f"  another shell    source {folder.environment}")
    return "\n".join([*lines, "", "Ctrl-C stops it; the next `make demo` goes on from here."])


def _accounts(folder: DataFolder) -> list[str]:
    if not folder.accounts.exists():
        return []
    seeded = json.loads(folder.accounts.read_text(encoding="utf-8"))
    lines = ["  account          password"]
    for account in seeded.get("accounts", []):
        lines.append(f"  {account['username']:<16} {account['password']:<20} {account.get('about', '')}".rstrip())
    lines.append("")
    lines += [f"  git clone        {url}" for url in seeded.get("clone_urls", [])]
    return lines
