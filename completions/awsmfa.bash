# Completes awsmfa in bash 3.2 and later, with or without bash-completion. For ~/.bashrc:
#   eval "$(awsmfa completion bash)"

_awsmfa() {
	local line="${COMP_LINE:0:COMP_POINT}" candidate i word command=""
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		word="${COMP_WORDS[i]}"
		case "$word" in
		--)
			if [ "$command" = exec ]; then
				_awsmfa_wrapped $((i + 1))
				return
			fi
			;;
		-*) ;;
		*) command="${command:-$word}" ;;
		esac
	done
	while IFS= read -r candidate; do
		COMPREPLY[${#COMPREPLY[@]}]="$candidate"
	done < <(command awsmfa complete bash --function "$1" -- "$line" "$COMP_WORDBREAKS" 2>/dev/null </dev/null ||
		[ $? -ne 3 ] || echo /)
	if [ "${COMPREPLY[*]-}" = / ]; then # a file; bash 3.2 has no compopt, and offers none
		COMPREPLY=()
		compopt -o default 2>/dev/null
	fi
}

# The completion of the command after --, whose name is the word with this index.
_awsmfa_wrapped() {
	local first="$1" cur="${COMP_WORDS[COMP_CWORD]}" name spec candidate i before="" rest
	if [ "$COMP_CWORD" -eq "$first" ]; then
		while IFS= read -r candidate; do
			COMPREPLY[${#COMPREPLY[@]}]="$candidate"
		done < <(compgen -c -- "$cur")
		return
	fi
	name="${COMP_WORDS[first]}"
	rest="$COMP_LINE"
	for ((i = 0; i < first; i++)); do # the line of the command alone
		before="${rest%%"${COMP_WORDS[i]}"*}${COMP_WORDS[i]}"
		rest="${rest#"$before"}"
		COMP_POINT=$((COMP_POINT - ${#before}))
	done
	before="${rest%%"$name"*}"
	COMP_LINE="${rest#"$before"}"
	COMP_POINT=$((COMP_POINT - ${#before}))
	COMP_WORDS=("${COMP_WORDS[@]:first}")
	COMP_CWORD=$((COMP_CWORD - first))

	if ! spec="$(complete -p -- "${name##*/}" 2>/dev/null)"; then # bash-completion loads it now
		if declare -F _comp_load >/dev/null; then
			_comp_load -- "${name##*/}" >/dev/null 2>&1
		elif declare -F _completion_loader >/dev/null; then
			_completion_loader "${name##*/}" >/dev/null 2>&1
		fi
		spec="$(complete -p -- "${name##*/}" 2>/dev/null)"
	fi
	case "$spec" in
	*" -F "*)
		spec="${spec##* -F }"
		"${spec%% *}" "$name" "$cur" "${COMP_WORDS[COMP_CWORD - 1]}"
		;;
	*" -C "*) # as the AWS CLI has: complete -C aws_completer aws
		spec="${spec##* -C }"
		spec="${spec% *}"
		case "$spec" in
		\'*) eval "spec=$spec" ;; # bash 3.2 prints it without quotes
		esac
		while IFS= read -r candidate; do
			COMPREPLY[${#COMPREPLY[@]}]="$candidate"
		done < <(
			export COMP_LINE COMP_POINT
			eval "$spec" '"$name" "$cur" "${COMP_WORDS[COMP_CWORD - 1]}"' 2>/dev/null </dev/null
		)
		;;
	*) # a list of words, or files
		spec="${spec#complete }"
		while IFS= read -r candidate; do
			COMPREPLY[${#COMPREPLY[@]}]="$candidate"
		done < <(
			if [ -n "$spec" ]; then
				eval "compgen ${spec% *}" '-- "$cur"' 2>/dev/null
			else
				compgen -f -- "$cur"
			fi
		)
		;;
	esac
}

complete -o nosort -F _awsmfa awsmfa 2>/dev/null || complete -F _awsmfa awsmfa
