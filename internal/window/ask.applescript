on run argv
	try
		activate
	end try
	display dialog (item 2 of argv) with title (item 1 of argv) default answer "" giving up after ((item 3 of argv) as integer)
	return text returned of result
end run
