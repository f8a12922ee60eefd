complete awsmfa 'n/--/c/' 'p@*@`complete | \awsmfa complete tcsh -- rules`@'
