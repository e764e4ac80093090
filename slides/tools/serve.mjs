export async function serve() { throw new Error("later"); }
