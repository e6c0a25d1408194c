# The filter alone writes this header; a stranger's own it takes out (docs/filter.md).
require ["fileinto", "mailbox"];
if header :is "X-Spam" "Yes" {
    fileinto :create "Junk";
}
