#compdef awsmfa
# Completes awsmfa in zsh. For ~/.zshrc, after compinit:
#   source <(awsmfa completion zsh)
# Or write it to a file _awsmfa in a directory of $fpath.

_awsmfa() {
  local -a lines values shown
  local line value help flag=
  integer i
  for (( i = 2; i < CURRENT; i++ )); do
    if [[ ${words[i]} == -- && -n ${(M)words[2,i-1]:#exec} ]]; then # the completion of the command after --
      words=("${(@)words[i+1,-1]}")
      (( CURRENT -= i ))
      _normal
      return
    fi
  done
  lines=("${(@f)$(
    command awsmfa complete zsh --function "$service" -- "${(@Q)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null </dev/null
  )}")
  (( $? == 3 )) && { _files; return; } # a file
  if [[ $PREFIX == --*=* ]]; then # only the value is completed, in quotes of its own
    flag=${PREFIX%%=*}=
    compset -P 1 '*='
  fi
  for line in "${lines[@]}"; do
    [[ -n $line ]] || continue
    value=${${line%%$'\t'*}#$flag}
    help=${line#*$'\t'}
    values+=("$value")
    shown+=("$value${help:+  -- $help}")
  done
  (( $#values )) && compadd -l -V awsmfa -d shown -a values
}

if [[ "${funcstack[1]-}" == _awsmfa ]]; then
  _awsmfa "$@"
elif typeset -f compdef >/dev/null; then
  compdef _awsmfa awsmfa
fi
