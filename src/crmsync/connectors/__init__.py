"""Each speaks one CRM: read, find, write, describe. The only room with vendor libraries."""
