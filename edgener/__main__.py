from edgener.cli import main

main()
