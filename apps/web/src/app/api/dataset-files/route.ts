import { fromConsole } from "../../../server/answer.ts";
import { forwardUpload } from "../../../server/upload.ts";

/** Streams a file on its way into a dataset to the service. */
export const POST = fromConsole(forwardUpload);
