"""Sections: the parts of an evaluation, one file each, with a file of the same name in conf/sections/."""
