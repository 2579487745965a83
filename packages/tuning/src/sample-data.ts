/**
 * A small labelled data set to try a tuning with: 60 messages to a shop's support, in four queues. Written for this
 * repository and under its licence. `recipes/support-queues` holds the same rows as a file.
 */
export const sampleName = "support-queues";

const messages: Readonly<Record<string, readonly string[]>> = {
  billing: [
    "I was charged twice for the same order this month",
    "Please send me an invoice with our company's tax number",
    "My card was refused although there is enough money on it",
    "The refund you promised has not reached my bank account yet",
    "Why is there a fee of four euros on my statement?",
    "Can I pay once a year instead of every month?",
    "I cancelled my subscription but the money was taken again",
    "The amount on the receipt differs from what I paid",
    "How do I change the credit card that you charge?",
    "My discount code was not taken off the total",
    "We need the bill to be addressed to our accounting office",
    "There is a payment in my history that I do not recognise",
    "The price went up without any notice, please explain the charge",
    "I would like my money back for the last renewal",
    "Your bank transfer details on the invoice seem to be wrong",
  ],
  bug: [
    "The app crashes as soon as I open my profile",
    "Nothing happens when I press the save button",
    "The search page shows an error 500 since this morning",
    "Photos that I upload appear upside down",
    "After the update the screen stays white and never loads",
    "The export file is empty although the table has rows",
    "I get logged out every time I switch tabs",
    "Dates are shown one day too early in the calendar",
    "The video freezes after ten seconds on my phone",
    "Notifications arrive twice and sometimes not at all",
    "The map does not load and the console shows a script error",
    "Copying text from a comment pastes strange characters",
    "Dark mode makes the menu unreadable, black on black",
    "The program stops responding when I open a large file",
    "Sorting the list by name puts everything in a random order",
  ],
  "how-to": [
    "How can I invite a colleague to my workspace?",
    "Where do I find the setting for the language?",
    "Is there a way to merge two accounts into one?",
    "How do I export all of my contacts to a spreadsheet?",
    "Can you explain how to set up a weekly report?",
    "What do I have to do to change my email address?",
    "How can I share a folder with people outside my team?",
    "Where can I see who edited a document last?",
    "Which steps are needed to connect my calendar?",
    "How do I turn off the sounds in the mobile app?",
    "Is it possible to print only the selected pages, and how?",
    "How do I restore a file that I deleted yesterday?",
    "Could you show me how to make a template for letters?",
    "Where do I enter the code that came by text message?",
    "How can I add my signature to every message?",
  ],
  delivery: [
    "My parcel has been on its way for two weeks",
    "The tracking number that you sent does not exist",
    "The courier left the box in the rain and it is soaked",
    "I am not at home on Friday, can the package come later?",
    "One of the three boxes has not arrived",
    "Please ship the order to my office instead of my home",
    "The driver says he rang but nobody was here",
    "When will my order leave the warehouse?",
    "The parcel was handed to a neighbour whom I do not know",
    "The package arrived open and an item is missing",
    "Do you deliver to islands, and how long does shipping take?",
    "The status says delivered but there is nothing at my door",
    "I received somebody else's parcel by mistake",
    "Can the courier carry the heavy box up to the third floor?",
    "The shipment is stuck at customs, what can I do?",
  ],
};

/** As the file that a person would drop: the queues in turn. */
export function sampleCsv(): string {
  const queues = Object.keys(messages);
  const longest = Math.max(...Object.values(messages).map(({ length }) => length));
  const lines = Array.from({ length: longest }, (_, row) =>
    queues.flatMap((queue) => {
      const text = messages[queue]?.[row];
      return text === undefined ? [] : [`"${text.replaceAll('"', '""')}",${queue}`];
    }),
  ).flat();
  return `message,queue\n${lines.join("\n")}\n`;
}
