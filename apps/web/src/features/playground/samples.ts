/** Prompts that show what a small instruction model is good for; each is answered well by the bundled tug-small. */
export const samples = [
  {
    name: "Sort into a class",
    text: "Choose one: animal, food, plant\n\nText: a small domesticated carnivore that chases mice",
  },
  { name: "Pull out fields as JSON", text: "Extract name, version as JSON.\n\nthe name is redis, version: 7.0" },
  { name: "Explain a word", text: "Explain the word lighthouse." },
  {
    name: "Answer yes or no",
    text: 'Does the text mention "harbour"? Answer yes or no.\n\nThe tugboat left the harbour at dawn.',
  },
] as const;
