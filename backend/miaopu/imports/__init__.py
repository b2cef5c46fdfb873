"""Bringing in old records (导入旧资料): a table of children and doses becomes cases of a clinic.

`tables` reads the file, `columns` says what each column holds, `rows` what each row says,
`matching` whose row it is, `plan` what would be written, `undo` takes a batch back: all of them
pure. `service` reads and writes the clinic's database for them.
"""
