# Completes awsmfa in Nushell 0.108 and later. To load it at each start:
#   mkdir ($nu.data-dir | path join vendor autoload)
#   awsmfa completion nu | save -f ($nu.data-dir | path join vendor autoload awsmfa.nu)

def "nu-complete awsmfa" [place] { # a list up to 0.115, a record from 0.116 on
  let words = (if ($place | describe) =~ '^list' { $place } else { $place.command })
  let found = ($words | drop 1 | enumerate | where item == "--" | get index)
  if ($found | is-not-empty) and ("exec" in ($words | take ($found | first))) {
    # The completion of the command after --: null is that of files.
    let external = ($env.config?.completions?.external?.completer?)
    if $external == null { return null }
    let command = ($words | skip (($found | first) + 1))
    # A completer gets what this function got. In 0.116 one that was written for 0.115 still wants the list.
    return (try {
      do $external (if ($place | describe) =~ '^list' { $command } else { $place | upsert command $command })
    } catch { try { do $external $command } catch { null } })
  }
  try { ^awsmfa complete nu --function ($words | first) -- ...($words | skip 1) | from json } catch { null }
}

@complete "nu-complete awsmfa"
extern awsmfa []
