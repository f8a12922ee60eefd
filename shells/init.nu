# To load it at each start:
#   mkdir $"($nu.data-dir)/vendor/autoload"; awsmfa init nu | save -f $"($nu.data-dir)/vendor/autoload/awsmfa.nu"

@complete "nu-complete awsmfa"
def --env --wrapped FUNCTION [...words] {
  let answer = (PROGRAM function SHELL FUNCTION -- ...$words | from json)
  if ($answer | describe) =~ '^list' { # awsmfa's words before those of the function
    sleep 50ms # a moment after a program's end Nushell takes the terminal back, even from the next one
    PROGRAM ...$answer ...$words
  } else {
    $answer | load-env
  }
}
