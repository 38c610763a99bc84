#!/bin/sh
# Starts the server of an image and tries it, as a step of a run of ACR Tasks. Written by the pipeline task MLOpsPackageImage.
#
#   server_test.sh image port readinessPath volume network seconds
#
# It runs in the image "docker", by which ACR Tasks themselves build and push, so that nothing has to be pulled for it: that
# has a shell, curl and Docker's client, and each step has Docker's socket. The server is started by that client and not as a
# step, because a step would get another HOME, the sources of the run and Docker's socket, which no deployment gives it.
# What it is to be asked lies in the folder check/ beside it.
image=$1 port=$2 readiness=$3 volume=$4 network=$5 seconds=$6
server=mlops-self-test-server
check=$(dirname "$0")
folder=$(basename "$check")
# The image's user reads it too.
chmod -R a+rX "$check"

finish() { # code, line
  docker rm --force "$server" >/dev/null 2>&1
  printf '%s\n' "$2"
  exit "$1"
}
sentence() {
  case $1 in *[.!?]) printf '%s' "$1" ;; *) printf '%s.' "$1" ;; esac
}
fail() { finish 1 "SELF-TEST FAILED: $(sentence "$1")"; }
not_tested() { finish 0 "SELF-TEST NOT TESTED: $(sentence "$1")"; }

logged() { docker logs --tail 200 "$server" 2>&1; }

# The lines that say why a program failed, the best kind that there is: an exception's own, an error's, the last ones.
reasons() {
  logged >"$check/log"
  grep -E "$(cat "$check/exception.pattern")" "$check/log" ||
    grep -E "$(cat "$check/error.pattern")" "$check/log" ||
    grep -v '^[[:space:]]*$' "$check/log" | tail -n 3
}

# Ends the test: it failed, or it could not be carried out here.
give_up() { # what happened
  reasons >"$check/reasons"
  echo "The end of the server's log:"
  sed 's/^/| /' "$check/log"
  reason=$(tail -n 1 "$check/reasons" | cut -c 1-300)
  missing=$(grep 'ModuleNotFoundError' "$check/reasons" | tail -n 1 | cut -c 1-300)
  if [ -z "$missing" ]; then
    tab=$(printf '\t')
    while IFS="$tab" read -r what pattern; do
      grep -Eiq "$pattern" "$check/reasons" &&
        not_tested "The server needs $what, which a build does not have: $(grep -Ei "$pattern" "$check/reasons" | tail -n 1 | cut -c 1-300)"
    done <"$check/only_on_target.tsv"
  fi
  [ -n "$missing" ] && [ "$missing" != "$reason" ] && reason="$reason (because of $missing)"
  variable=$(printf '%s\n' "$reason" | sed -n "s/^KeyError: '\([A-Za-z_][A-Za-z0-9_]*\)'\$/\1/p")
  [ -n "$variable" ] && grep -q 'os\.environ\|<frozen os>' "$check/log" &&
    reason="$reason. The environment variable $variable is not set here: give it in selfTestEnvironmentVariables"
  [ -n "$reason" ] && fail "$1: $reason"
  fail "$1, and its log is empty"
}

# Ends the test where the server does not run any more.
must_run() {
  set -- $(docker inspect --format '{{.State.Running}} {{.State.ExitCode}} {{.State.OOMKilled}}' "$server" 2>/dev/null)
  [ "$1" = true ] && return
  [ "$3" = true ] && give_up "the server's process was ended, as it took more memory than the build has"
  give_up "the server's process ended with exit code $2"
}

ask() { # path, further arguments of curl; prints the status
  path=$1
  shift
  address=$(docker inspect --format "{{.NetworkSettings.Networks.$network.IPAddress}}" "$server" 2>/dev/null)
  curl --silent --show-error --noproxy '*' --globoff --header 'Expect:' --write-out '%{http_code}' "$@" "http://$address:$port$path" 2>"$check/fault"
}

await_start() {
  end=$(($(date +%s) + seconds))
  unwell=
  while :; do
    must_run
    status=$(ask "$readiness" --max-time 10 --output /dev/null)
    [ "$status" -gt 0 ] && [ "$status" -lt 500 ] && return
    now=$(date +%s)
    # One that answers by an error for long enough is as ready as it gets: what it answers to requests tells.
    if [ "$status" -ge 500 ]; then
      unwell=${unwell:-$now}
      [ $((now - unwell)) -ge 60 ] && return
    fi
    [ "$now" -ge "$end" ] && give_up "nothing answered on port $port within $seconds seconds. Listen at 0.0.0.0, not at localhost, on the port that EXPOSE names"
    sleep 1
  done
}

is_wanted() { # status, expected
  [ "$1" = "$2" ] || [ "$2" = "${1%??}xx" ]
}

send_requests() {
  answered=0
  skipped=
  for number in $(cat "$check/cases"); do
    file=$check/$number
    name=$(cat "$file.name")
    own=$(cat "$file.own")
    [ -n "$skipped" ] && [ "$own" = no ] && continue
    status=$(ask "$(cat "$file.path")" --config "$file.curl" --max-time 300 --output "$file.answer")
    if [ "$status" = 000 ]; then
      fault=$(cat "$check/fault")
      sleep 1
      must_run
      fail "the server did not answer $name: $fault"
    fi
    touch "$file.answer"
    echo "Self-test: $name answered $status: $(head -c 2000 "$file.answer" | tr -cd '\40-\176')"
    if [ "$own" = no ] && { [ "$status" = 404 ] || [ "$status" = 405 ]; }; then
      # The release may name another route; nobody has said so here.
      skipped="its requests were not tried, as they name no path and $(cat "$file.path") answers $status"
      rm "$file.answer"
      continue
    fi
    if ! is_wanted "$status" "$(cat "$file.expected")"; then
      [ "$status" -ge 500 ] && give_up "the server answered $name with $status instead of $(cat "$file.expected")"
      fail "the server answered $name with $status instead of $(cat "$file.expected"): $(head -c 300 "$file.answer" | tr -cd '\40-\176')"
    fi
    printf '%s' "$status" >"$file.status"
    answered=$((answered + 1))
  done
}

# By the Python of the image itself, which nearly every one that serves a model has.
compare() {
  compared=
  [ -s "$check/compared" ] || return
  [ "$answered" = 0 ] && return
  for python in python3 python; do
    docker run --rm --network none --volume "$volume:/workspace:ro" --entrypoint "$python" "$image" "/workspace/$folder/server_answers.py" >"$check/verdict" 2>&1
    case $? in
      0) return ;;
      10) fail "$(tail -n 1 "$check/verdict")" ;;
    esac
  done
  compared=', but their values were not compared, as the image has no Python to do it with'
}

echo 'Self-test begins.'
command -v curl >/dev/null || not_tested 'this build agent has no curl to ask the server with'
if ! docker run --detach --name "$server" --network "$network" --expose "$port" --env-file "$check/environment" "$image" >/dev/null 2>"$check/fault"; then
  fail "the image could not be started: $(tail -n 1 "$check/fault" | cut -c 1-300)"
fi
await_start
ready=$status
send_requests
compare
must_run
case $answered in
  0) requests='no request was sent' ;;
  1) requests='1 request was answered as expected' ;;
  *) requests="$answered requests were answered as expected" ;;
esac
[ "$answered" = 0 ] && [ -n "$skipped" ] && requests=$skipped && skipped=
[ "$ready" -ge 400 ] && requests="$requests; Deploy-ACI's readinessPath must name a route that answers by 2xx, which $readiness does not ($ready)"
[ -n "$skipped" ] && compared="$compared; $skipped"
[ "$answered" = 0 ] && [ "$ready" -ge 500 ] && give_up "the server answers GET $readiness with $ready"
finish 0 "SELF-TEST PASSED: $(sentence "the server started and $requests$compared")"
