// Problem: a build may be stopped at any moment, and another one may be under
// way in the same folder.
// Idea: whatever is made gets a name with the number of this process, and its
// own when it is whole. What has the number of a process that is gone is swept
// away by the next build.
import {existsSync, readdirSync} from "node:fs";
import {mkdir, readdir, rename, rm, writeFile} from "node:fs/promises";
import {join} from "node:path";

const own = (path) => `${path}.${process.pid}`;
const remove = (path) => rm(path, {recursive: true, force: true});

// All files in and under a folder, in order.
export function filesBelow(folder) {
  return readdirSync(folder, {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

export async function putFile(path, data) {
  try {
    await writeFile(own(path), data);
    await rename(own(path), path);
  } catch (error) {
    await remove(own(path));
    throw error;
  }
}

// A folder with what `make(scratch)` has put into it. Where another build has
// made it meanwhile, that one stays: its name says all that it was made of.
export async function putFolder(folder, make) {
  const scratch = own(folder);

  await remove(scratch);
  await mkdir(scratch, {recursive: true});
  try {
    await make(scratch);
    await rename(scratch, folder);
  } catch (error) {
    await remove(scratch);
    if (!existsSync(folder)) {
      throw error;
    }
  }
}

// Goes over what builds that were ended have left in a folder.
export async function sweep(folder) {
  for (const name of await readdir(folder)) {
    const [, pid] = /\.(\d+)$/.exec(name) ?? [];

    try {
      if (pid !== undefined && Number(pid) !== process.pid) {
        process.kill(Number(pid), 0);
      }
    } catch (error) {
      if (error.code === "ESRCH") {
        await remove(join(folder, name));
      }
    }
  }
}
