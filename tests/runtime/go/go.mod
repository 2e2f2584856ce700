module finlint.example/pairs

go 1.25
