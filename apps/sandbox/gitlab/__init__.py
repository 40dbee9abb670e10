"""Stand-in GitLab: REST v4 and real Git over HTTP, as wire/gitlab.md describes the real one."""
