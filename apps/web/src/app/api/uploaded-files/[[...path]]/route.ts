import { fromConsole } from "../../../../server/answer.ts";
import { forwardUpload } from "../../../../server/upload.ts";

// HEAD only asks how much of an upload is here; browsers name no origin with it.
export const HEAD = forwardUpload;
export const POST = fromConsole(forwardUpload);
export const PATCH = fromConsole(forwardUpload);
export const DELETE = fromConsole(forwardUpload);
