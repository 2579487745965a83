/** Fired on the window when an answer has come to its end; the guided tour waits for one. */
export const answered = "tugboat:answered";
