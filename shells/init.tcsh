alias FUNCTION 'set _awsmfa = (\!*); eval `PROGRAM function SHELL FUNCTION -- $_awsmfa:q || echo "(exit $status)"`'
complete FUNCTION 'n/--/c/' 'p@*@`PROGRAM complete SHELL --function FUNCTION`@'
