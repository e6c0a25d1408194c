require "fileinto";
if header :contains "Subject" "[list]" { fileinto "Lists"; }
