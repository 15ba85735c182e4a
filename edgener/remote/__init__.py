"""Commands that run on another machine, over SSH.

address   ssh://user@host:port
link      the connection, and what can go wrong with it
device    the program that the other machine runs; it knows no edgener
wheel     this very edgener as a wheel, to be installed there
setup     a private virtual environment there
kept      what an interrupted run had measured
run       all of it together
"""
