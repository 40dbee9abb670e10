"""Jenkins, seen through one narrow class (`client.Jenkins`). Must not: leak its JSON into other rooms."""
