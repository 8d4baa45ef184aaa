"""What the command ``carillon`` runs."""

from carillon.cli.app import carillon


def main() -> None:
    carillon(prog_name="carillon")


if __name__ == "__main__":
    main()
