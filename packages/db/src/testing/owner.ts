// A process that opens the database of the home it is given and holds it until it is killed.
import { openDatabase } from "../open.ts";

await openDatabase({ home: process.argv[2] ?? "" });
process.stdout.write("open\n");
setInterval(() => {}, 1000);
