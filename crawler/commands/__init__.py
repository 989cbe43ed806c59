"""Commands for the shell: thin shells on calls that the library offers as well."""
