echo script $0 $# "$@"
exit 7
