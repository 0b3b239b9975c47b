# Completion of pikv and pikvd: each lists by itself what may follow.
_pikv() {
  local cur=${COMP_WORDS[COMP_CWORD]} IFS=$'\n' ask
  ask=$cur
  [[ $ask == -- ]] && ask=- # that alone would end the flags
  COMPREPLY=($(compgen -W "$("${COMP_WORDS[@]:0:COMP_CWORD}" "$ask" --generate-bash-completion 2>/dev/null)" -- "$cur"))
}
complete -o bashdefault -o default -F _pikv pikv pikvd
