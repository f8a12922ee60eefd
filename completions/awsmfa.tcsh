complete awsmfa 'n/--/c/' 'p@*@`\awsmfa complete tcsh`@'
