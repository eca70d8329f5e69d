"""The code inside the jail: the fork server and what it does to each child before an untrusted program runs.

Standard library only, and only modules listed in `models.sandbox.launch.SHIPPED`: their source is sent to the server
over a pipe, because inside the jail there is no project to import from.
"""
