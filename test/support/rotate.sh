# A target's own program that gives it another password: `sh rotate.sh <folder>`. It keeps what it was asked and what it gave.
cat >> "$1/asked"
echo >> "$1/asked"
n=$(wc -l < "$1/asked")
if [ -e "$1/fail" ]; then echo "the firewall is away" >&2; exit 1; fi
if [ -e "$1/noisy" ]; then tail -n 1 "$1/asked" >&2; exit 1; fi
if [ -e "$1/slow" ]; then sleep 1; fi
echo "canary-rotated-$n" > "$1/now"
printf '{"password":"%s"}' "canary-rotated-$n"
