#pragma once

#include <string_view>

/// The fixed parts of the demo's pages. A page lies beside the others of its helper, so all links are relative.
namespace kismet::demo {

inline constexpr std::string_view kHead =
    R"(<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<style>:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere } pre { white-space: pre-wrap }</style>
)";

/// Shows the lines of SOURCE as they come.
inline constexpr std::string_view kWatch = R"(<pre id="lines"></pre><button id="stop">Stop</button>
<script>
const stop = new AbortController();
document.querySelector("#stop").onclick = () => stop.abort();
fetch("SOURCE", {signal: stop.signal}).then(async answer => {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part; !(part = await reader.read()).done;) document.querySelector("#lines").append(part.value);
}).catch(error => document.querySelector("#lines").append(`${error.name}: the stream has ended`));
</script>)";

inline constexpr std::string_view kDownload =
    R"html(<p><label>Bytes <input id="size" type="number" min="0" value="100000000"></label> <button id="go">Download</button>
<button id="stop" hidden>Stop</button></p>
<p><progress id="bar" value="0" aria-label="Progress"></progress> <output id="figure"></output></p>
<script>
const part = id => document.querySelector("#" + id);
part("go").onclick = async () => {
  const size = Number(part("size").value), start = performance.now(), stop = new AbortController();
  part("go").disabled = true;
  part("stop").hidden = false;
  part("stop").onclick = () => stop.abort();
  let sum = 0, shown = 0;
  const show = () => {
    const seconds = (performance.now() - start) / 1000, rate = sum / seconds;
    const left = sum < size && rate > 0 ? `, ${((size - sum) / rate).toFixed(0)} s left` : "";
    part("bar").value = size ? sum / size : 1;
    part("figure").value = `${sum} bytes, ${size ? Math.floor(100 * sum / size) : 100} %, ${(rate / 1e6).toFixed(1)} MB/s${left}`;
  };
  try {
    const answer = await fetch("download.bin?size=" + size, {signal: stop.signal});
    if (!answer.ok) throw new Error(`the answer was ${answer.status}`);
    const reader = answer.body.getReader();
    for (let piece; !(piece = await reader.read()).done;) {
      sum += piece.value.length;
      if (performance.now() - shown > 100) show(shown = performance.now());
    }
    show();
  } catch (error) {
    part("figure").append(error.name === "AbortError" ? " (stopped)" : ` (${error.message})`);
  }
  part("go").disabled = false;
  part("stop").hidden = true;
};
</script>)html";

inline constexpr std::string_view kForm =
    R"(<form method="post"><input name="colour" value="red &amp; blue"> <button>POST</button></form>)";

inline constexpr std::string_view kMessage =
    R"(<p>Says a line on the daemon's console, and publishes it as event DEMO_MESSAGE.</p>
<form method="post"><input name="text"> <label><input type="checkbox" name="error"> as an error</label>
<button>Say it</button></form>)";

inline constexpr std::string_view kAnswer =
    R"(<p>Comes with the result code and the header X-Demo that you ask for.</p>
<form><input name="code" value="418"> <input name="header" value="hello"> <button>GET</button></form>)";

}  // namespace kismet::demo
