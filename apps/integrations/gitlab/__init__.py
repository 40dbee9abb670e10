"""GitLab, seen through one narrow class (`client.GitLab`). Must not: leak REST field names into other rooms."""
