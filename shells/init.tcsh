alias FUNCTION 'set _awsmfa = (\!*); eval `PROGRAM function SHELL FUNCTION -- $_awsmfa:q`'
complete FUNCTION 'n/--/c/' 'p@*@`complete | PROGRAM complete SHELL --function FUNCTION -- rules`@'
