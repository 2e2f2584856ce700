"""FIN901-FIN902: about the run itself."""

from finlint.rules.texts.text import Text

TEXTS = {
    "FIN901": Text("the file cannot be read or parsed", "A file that is not read is not checked."),
    "FIN902": Text(
        "a suppression that suppresses nothing",
        "It hides the next finding on its line, which somebody should see.",
        fix="Remove the comment.",
        silent="Suppressions of codes that are not selected.",
    ),
}
