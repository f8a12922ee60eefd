# Completes awsmfa in Elvish. For rc.elv:
#   eval (awsmfa completion elvish | slurp)

use re
set edit:completion:arg-completer[awsmfa] = {|@words|
  var after = 0
  var is-exec = $false
  for i [(range 1 (- (count $words) 1))] {
    if (eq $words[$i] exec) {
      set is-exec = $true
    } elif (and $is-exec (eq $words[$i] --) (== $after 0)) {
      set after = (+ $i 1)
    }
  }
  if (> $after 0) { # the completion of the command after --
    edit:complete-sudo sudo (all $words[$after..])
  } else {
    try {
      e:awsmfa complete elvish --function $words[0] -- (all $words[1..]) 2>/dev/null </dev/null | from-json | all (one) | each {|c|
        var help = $c[description]
        if (not-eq $help '') {
          set help = ' ('$help')'
        }
        edit:complex-candidate $c[value] &display=$c[value]$help
      }
    } catch e {
      if (re:match 'exit-status=3 ' (to-string $e[reason])) { # a file
        edit:complete-filename $words[-1]
      }
    }
  }
}
