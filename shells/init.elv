# eval (awsmfa init elvish | slurp)

edit:add-var FUNCTION~ {|@words|
  eval &ns=(ns [&words=$words]) (PROGRAM function SHELL FUNCTION -- $@words | slurp)
}

set edit:completion:arg-completer[FUNCTION] = $edit:completion:arg-completer[awsmfa]
