import {address, getJson, kBase, postJson, request} from './api.js';
import {toast} from './dialogs.js';
import {h} from './dom.js';
import {Feed} from './live.js';

/// Pages that plugins have added: id to {title, load()}.
export const pluginTabs = new Map();

/// Loads the modules of /dynamic.json. A module that exports activate(api) may add tabs; one that was made for another
/// user interface, or that fails, is left out, and the rest goes on.
export async function loadPlugins() {
  let modules = [];
  try {
    modules = (await getJson('dynamic.json')).dynamicjs ?? [];
  } catch {
    return;  // There are no plugins here.
  }
  await Promise.all(modules.map(async ({module: name, js}) => {
    try {
      const module = await import(address(js));
      await module.activate?.(apiFor(name));
    } catch (error) {
      console.info(`plugin module ${name} is left out: ${error.message}`);
    }
  }));
}

/// What a plugin's module is given. docs/PLUGINS.md describes it.
function apiFor(plugin) {
  return Object.freeze({
    plugin,
    base: kBase.href,
    addTab({id = plugin, title, show}) {
      if (pluginTabs.has(id)) throw new Error(`there is a tab "${id}" already`);
      if (typeof title !== 'string' || typeof show !== 'function') throw new TypeError('a tab has a title and show()');
      pluginTabs.set(id, {title, load: async () => ({show})});
    },
    h,
    toast,
    request,
    getJson,
    postJson,
    subscribe(topics, listener, {since, signal} = {}) {
      const feed = new Feed([topics].flat(), since);
      feed.addEventListener('event', ({detail}) => listener(detail));
      signal?.addEventListener('abort', () => feed.close());
      return () => feed.close();
    },
  });
}
