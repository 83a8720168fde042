# A target behind a program, as a team might write one: it keeps its principals as files in the folder that TARGET_DIR names.
order=$(cat)
field() { printf '%s' "$order" | sed -n "s/.*\"$1\":\"\([A-Za-z0-9_-]*\)\".*/\1/p"; }
name=$(field name)
cd "$TARGET_DIR" || exit 75

case $(field action) in
  grant)
    password=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
    printf '%s\n%s\n' "$password" "$order" >"$name"
    echo "{\"credential\":{\"user\":\"$name\",\"password\":\"$password\",\"connect\":\"connect $name\"},\"ref\":\"ref of $name\"}"
    ;;
  revoke) rm -f "$name" ;;
  list)
    handles=$(for each in bg_*; do
      [ -e "$each" ] || continue
      order=$(tail -n 1 "$each")
      echo "{\"request\":\"$(field request)\",\"name\":\"$each\",\"ref\":\"ref of $each\"}"
    done)
    echo "{\"handles\":[$(printf '%s' "$handles" | tr '\n' ,)]}"
    ;;
  check) echo '{"ok":true}' ;;
  *) echo "unknown action" >&2 && exit 1 ;;
esac
