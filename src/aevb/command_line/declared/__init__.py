"""The options of every command: the kind of value that each takes, and what it needs to have an effect.

They are checked before torch is imported, so that a bad value costs half a second. Each is declared in one line of
`parts`, `training`, `figures` or `commands`, under its name on the command line: * stands for the name of any choice,
and `ReduceLROnPlateau.factor` for the option of one class. The messages are made of the declarations.
"""
