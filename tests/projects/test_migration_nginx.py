"""The nginx upstream block: its weights by arithmetic, its text, and what nginx itself says to it."""

from __future__ import annotations

import re
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.projects.addresses import server_address
from apps.projects.nginx import heading, nginx_upstream, server_weights, upstream_name

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
COUNTS = st.integers(1, 40)
SERVER = re.compile(r"    server (\S+) weight=([1-9][0-9]*) max_fails=3 fail_timeout=10s;")


def share_of(text: str, addresses: list[str]) -> Fraction:
    """The share of the requests that these servers of a block get."""
    weights = {match[1]: int(match[2]) for match in map(SERVER.fullmatch, text.splitlines()) if match}
    return Fraction(sum(weights.get(address, 0) for address in addresses), sum(weights.values()))


def machines(number: int) -> list[str]:
    return [f"10.0.{n}.1:8080" for n in range(number)]


def containers(number: int) -> list[str]:
    return [f"[2001:db8::{n + 1:x}]:30080" for n in range(number)]


class TestWeights:
    @settings(derandomize=True, database=None, max_examples=300, deadline=None)
    @given(COUNTS, COUNTS, st.integers(0, 100))
    def test_containers_get_exactly_their_percentage(self, vms: int, pods: int, weight: int) -> None:
        text = nginx_upstream("book.production", machines(vms), containers(pods), weight)
        assert share_of(text, containers(pods)) == Fraction(weight, 100)
        assert share_of(text, machines(vms)) == Fraction(100 - weight, 100)

    @settings(derandomize=True, database=None, max_examples=200, deadline=None)
    @given(COUNTS, COUNTS, st.integers(1, 99))
    def test_weights_are_the_smallest_integers_of_that_ratio(self, vms: int, pods: int, weight: int) -> None:
        machine, container = server_weights(vms, pods, weight)
        smallest = Fraction(pods * (100 - weight), vms * weight)
        assert (machine, container) == (smallest.numerator, smallest.denominator)

    @pytest.mark.parametrize(
        ("vms", "pods", "weight", "expected"),
        [
            (2, 1, 20, (2, 1)),
            (1, 1, 50, (1, 1)),
            (3, 2, 1, (66, 1)),
            (1, 1, 99, (1, 99)),
            (4, 1, 5, (19, 4)),
            (3, 0, 0, (1, 0)),
            (3, 5, 0, (1, 0)),
            (0, 2, 100, (0, 1)),
        ],
    )
    def test_known_ratios(self, vms: int, pods: int, weight: int, expected: tuple[int, int]) -> None:
        assert server_weights(vms, pods, weight) == expected

    @pytest.mark.parametrize(("vms", "pods", "weight"), [(0, 1, 0), (0, 1, 99), (1, 0, 1), (1, 0, 100), (0, 0, 0)])
    def test_a_side_with_a_share_needs_a_server(self, vms: int, pods: int, weight: int) -> None:
        with pytest.raises(ValueError, match="has no server"):
            server_weights(vms, pods, weight)

    @pytest.mark.parametrize("weight", [-1, 101])
    def test_a_weight_is_a_percentage(self, weight: int) -> None:
        with pytest.raises(ValueError, match="no percentage"):
            server_weights(1, 1, weight)


class TestText:
    def test_the_block_of_a_mixed_state(self) -> None:
        text = nginx_upstream("book-api-n1.production", ["10.0.0.1:8080", "vm2.example:8080"], ["[2001:db8::5]:80"], 20)
        assert text == (
            "upstream book-api-n1.production {\n"
            "    # virtual machines, 80 %\n"
            "    server 10.0.0.1:8080 weight=2 max_fails=3 fail_timeout=10s;\n"
            "    server vm2.example:8080 weight=2 max_fails=3 fail_timeout=10s;\n"
            "    # containers, 20 %\n"
            "    server [2001:db8::5]:80 weight=1 max_fails=3 fail_timeout=10s;\n"
            "}\n"
        )

    def test_a_side_without_a_share_is_left_out(self) -> None:
        assert "10.0.0.1" not in nginx_upstream("book.test", ["10.0.0.1:80"], ["10.0.0.2:80"], 100)
        assert "10.0.0.2" not in nginx_upstream("book.test", ["10.0.0.1:80"], ["10.0.0.2:80"], 0)

    def test_two_pairs_never_share_a_name(self) -> None:
        assert upstream_name("a-b", "c") == "a-b.c"
        assert upstream_name("a", "b-c") == "a.b-c"

    def test_the_heading_says_what_it_is_and_no_time(self) -> None:
        assert heading("book", "test", 7, 0) == (
            "# book.test, revision 7 of where its requests go; made by opsportal, changes here are lost\n"
        )
        assert heading("book", "test", 7, 2).endswith("# left out: 2 bound server(s) whose address is not host:port\n")

    @pytest.mark.parametrize("name", ["", "a b", "a;b", "a{", "a\nb", "a.b.c", "a/b", "名", "$host", "a" * 64])
    def test_no_name_breaks_out(self, name: str) -> None:
        with pytest.raises(ValueError, match="no upstream name"):
            nginx_upstream(name, ["10.0.0.1:80"], [], 0)
        with pytest.raises(ValueError, match="not two slugs"):
            heading(name, "test", 1, 0)

    @pytest.mark.parametrize(
        "address",
        [
            "10.0.0.1",
            "10.0.0.1:80; } server { listen 81",
            "10.0.0.1:80 backup",
            "10.0.0.1:80\n",
            "10.0.0.300:80",
            "10.0.0.1:0",
            "10.0.0.1:65536",
            "10.0.0.1:080",
            "2001:db8::1:80",
            "[2001:db8::1]",
            "[10.0.0.1]:80",
            "[2001:db8::g]:80",
            "[fe80::1%eth0]:80",
            "unix:80",
            "UNIX:80",
            "unix:/run/x.sock",
            "http://a:80",
            "$host:80",
            "a_b:80",
            "a.:80",
            ":80",
            "数据:80",
            "",
        ],
    )
    def test_what_is_no_address_is_refused(self, address: str) -> None:
        assert server_address(address) is None
        with pytest.raises(ValueError, match="no canonical address"):
            nginx_upstream("book.test", [address], [], 0)

    def test_only_canonical_addresses_stand_in_it(self) -> None:
        assert server_address("VM2.Example:8080") == "vm2.example:8080"
        assert server_address("[2001:DB8:0::1]:80") == "[2001:db8::1]:80"
        with pytest.raises(ValueError, match="no canonical address"):
            nginx_upstream("book.test", ["VM2.Example:8080"], [], 0)

    def test_no_address_stands_there_twice(self) -> None:
        with pytest.raises(ValueError, match="twice"):
            nginx_upstream("book.test", ["10.0.0.1:80"], ["10.0.0.1:80"], 50)

    @settings(derandomize=True, database=None, max_examples=500, deadline=None)
    @given(st.text(alphabet=st.sampled_from("ab1.:-_[]{};# \n$/\\'\"%"), max_size=24))
    def test_whatever_is_taken_has_no_character_that_nginx_reads(self, text: str) -> None:
        found = server_address(text)
        assert found is None or not set(found) & set("{};# \n\t$/\\'\"")


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed here (Debian: nginx-light)")
class TestNginx:
    def accepts(self, folder: Path, block: str) -> tuple[int, str]:
        """What `nginx -t` says to a server that uses the block: exit code and words. Nothing is started."""
        (folder / "upstream.conf").write_text(block)
        name = re.search(r"^upstream (\S+) \{", block, re.MULTILINE)
        config = folder / "nginx.conf"
        config.write_text(
            f"pid {folder}/nginx.pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n  access_log off;\n"
            + "".join(
                f"  {kind}_temp_path {folder}/{kind};\n"
                for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
            )
            + f"  include {folder}/upstream.conf;\n  server {{\n    listen unix:{folder}/listen.sock;\n"
            + f"    location / {{ proxy_pass http://{name[1] if name else 'none'}; }}\n  }}\n}}\n"
        )
        command = [str(NGINX), "-t", "-c", str(config), "-p", str(folder), "-e", "stderr"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        return done.returncode, done.stderr

    @pytest.mark.parametrize(
        ("vms", "pods", "weight"),
        [(1, 0, 0), (0, 1, 100), (1, 1, 50), (2, 1, 20), (3, 2, 1), (40, 37, 99), (7, 3, 33), (40, 50, 61)],
    )
    def test_nginx_takes_the_block(self, tmp_path: Path, vms: int, pods: int, weight: int) -> None:
        block = nginx_upstream(upstream_name("book-api-n1", "test"), machines(vms), containers(pods), weight)
        code, words = self.accepts(tmp_path, heading("book-api-n1", "test", 3, 1) + block)
        assert (code, "test is successful" in words) == (0, True), words

    def test_nginx_takes_a_host_name_that_resolves(self, tmp_path: Path) -> None:
        code, words = self.accepts(tmp_path, nginx_upstream("book.test", ["localhost:8080"], ["127.0.0.1:1"], 30))
        assert code == 0, words

    def test_this_way_of_asking_can_say_no(self, tmp_path: Path) -> None:
        block = nginx_upstream("book.test", ["10.0.0.1:80"], [], 0)
        code, words = self.accepts(tmp_path, block.replace("weight=1", "weight=0"))
        assert code == 1
        assert 'invalid parameter "weight=0"' in words
