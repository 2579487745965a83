/** What a model must not forget, of some kind. */
export interface GeneralText {
  readonly kind: string;
  readonly text: string;
}

/**
 * General English for measuring what a model forgets, and for reminding it while it learns. Written for this repository
 * and under its licence; in no model's training data.
 */
export const retentionTexts: readonly GeneralText[] = [
  {
    kind: "stories",
    text: "The harbour opens at six in the morning. Two pilots share the early shift, and each of them knows the sandbank east of the lighthouse better than any chart shows it. When the wind turns north they wait for the tide.",
  },
  {
    kind: "software",
    text: "A program reads its settings when it starts. If the file is missing, the defaults are used; if a line cannot be understood, the program says which one it is and stops, because a wrong setting is worse than none.",
  },
  {
    kind: "how-to",
    text: "Bread needs four things: flour, water, salt and time. The dough is mixed in the evening, kept cool through the night and baked when the oven is as hot as it will get. A crust that sings while it cools is a good sign.",
  },
  {
    kind: "news",
    text: "The committee met on Tuesday to discuss the new bridge. Engineers explained that the old one could carry half of today's traffic, and that repairs would cost nearly as much as building again. No decision was taken.",
  },
  {
    kind: "software",
    text: "To list the files in a directory, give its name to the command. With no name, the current directory is listed. Hidden files are shown only when they are asked for, and directories are marked with a slash.",
  },
  {
    kind: "nature",
    text: "In spring the river rises over the lower meadows, and for a few weeks the road to the mill is under water. Farmers move their cattle to the hill. When the water is gone it leaves a thin layer of dark soil.",
  },
  {
    kind: "stories",
    text: "The museum keeps a collection of early clocks. Most of them no longer run, but one, made by a village smith, still strikes the hours. Visitors are surprised at how loud it is in the silent room.",
  },
  {
    kind: "software",
    text: "A library is a set of functions that other programs call. It should do one thing well, name its functions clearly, and report errors to the caller instead of printing them, since only the caller knows what they mean.",
  },
];

/** Other texts of the same kinds: they tell during the training how much is forgotten, and how base models go on from them is replayed. */
export const reminderTexts: readonly string[] = [
  "The train leaves from the second platform at noon. Passengers who travel with a bicycle should enter at the last carriage, where there is room for six of them. Tickets are sold on board, but they cost a little more.",
  "This package contains the tools that are needed to build the documentation. It reads plain text files, follows the links between them, and writes pages that can be opened in any browser without a network.",
  "An old oak stood at the crossing of the two paths. Children had carved their names into it, and the names had grown with the bark until nobody could read them. In summer its shade covered the whole bench.",
  "Before you change a value, make a copy of the file. If the service does not start again, compare the two copies line by line. Most mistakes are a missing quote or a space where none may be.",
  "The market is held on the square every Thursday. There are vegetables, cheese, honey and cut flowers, and on the corner a man mends knives and scissors with a wheel that he drives by foot.",
  "Water boils at a lower temperature in the mountains, because the air weighs less there. Pasta takes longer, and tea tastes weaker. Cooks who live high above the sea soon learn to be patient.",
  "The function returns the number of characters that were written, or a negative number when there was an error. The caller owns the buffer and must make it large enough for the text and its end.",
  "After the storm the fishermen counted their boats. Two had lost their masts and one had gone, but the crews were safe in the inn, where they dried their coats and waited for the evening boat.",
];
