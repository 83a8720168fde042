#!/bin/sh
# A target for whole-bot tests: one file for each grant. $1 is its folder; <action>.fail, .hang and .slow in it say what goes wrong.
dir=$1
input=$(cat)
field() { printf '%s' "$input" | sed -n "s/.*\"$1\":\"\([A-Za-z0-9_-]*\)\".*/\1/p"; }
action=$(field action)
name=$(field name)
printf '%s\n' "$input" >>"$dir/calls"
if [ -e "$dir/$action.slow" ]; then sleep "$(cat "$dir/$action.slow")"; fi
if [ -e "$dir/$action.half" ]; then
  case $action in
    grant) echo half >"$dir/grants/$name" ;;
    revoke) rm -f "$dir/grants/$name" ;;
  esac
fi
if [ -e "$dir/$action.hang" ]; then exec sleep 60; fi
if [ -e "$dir/$action.fail" ]; then
  cat "$dir/$action.fail" >&2
  exit 1
fi
case $action in
  grant)
    password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    echo "$password" >"$dir/grants/$name"
    printf '{"credential":{"user":"%s","password":"%s"}}' "$name" "$password"
    ;;
  revoke)
    [ -e "$dir/revoke.lie" ] || rm -f "$dir/grants/$name"
    echo '{"done":["account removed"]}'
    ;;
  list)
    handles=
    for each in "$dir"/grants/*; do
      [ -e "$each" ] && handles="$handles${handles:+,}{\"name\":\"${each##*/}\"}"
    done
    echo "{\"handles\":[$handles]}"
    ;;
  check) echo '{"ok":true}' ;;
esac
