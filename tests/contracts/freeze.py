"""Writes the schemas as the code has them now: ``python -m tests.contracts.freeze``.

Do it after adding a message or an optional field, and commit what changed. A change that an old
consumer could misread needs the next version instead. Examples are written by hand.
"""

from tests.contracts.registry import as_text, example_file, messages, schema, schema_file


def main() -> None:
    for message in messages():
        schema_file(message).write_text(as_text(schema(message)))
        if not example_file(message).exists():
            print(f"{message.__name__} has no example yet: write {example_file(message).name}")


if __name__ == "__main__":
    main()
