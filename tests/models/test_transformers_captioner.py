import json
import pickle
import shutil
import threading

import pytest
from PIL import Image

from visdiff_plugin.captioners import make_captioner
from visdiff_plugin.captioners.cleaning import clean_caption
from visdiff_plugin.captioners.transformers_captioner import CHAT_PROMPT, TransformersCaptioner
from visdiff_plugin.chat.prompts import CAPTION_STYLES
from visdiff_plugin.errors import ModelError
from visdiff_plugin.stages import Captioner, Missing

pytestmark = pytest.mark.models
MODELS = ["tiny_blip", "tiny_blip2", "tiny_qwen"]


@pytest.fixture(params=MODELS)
def folder(request):
    return request.getfixturevalue(request.param)


def _by_hand(folder, path, prompt, length):
    """One image through transformers' own classes, without any of the library's code."""
    import torch
    from transformers import AutoModelForImageTextToText, AutoProcessor

    processor = AutoProcessor.from_pretrained(folder)
    model = AutoModelForImageTextToText.from_pretrained(folder).eval()
    image = Image.open(path).convert("RGB")
    if processor.chat_template:
        question = {"type": "text", "text": prompt or CHAT_PROMPT}
        content = [{"type": "image", "image": image}, question]
        inputs = processor.apply_chat_template(
            [{"role": "user", "content": content}], add_generation_prompt=True, tokenize=True,
            return_dict=True, return_tensors="pt",
        )  # fmt: skip
        cut = inputs["input_ids"].shape[1]
    elif prompt:
        inputs = processor(images=image, text=prompt, return_tensors="pt")
        # BLIP answers its prompt without the closing token
        cut = inputs["input_ids"].shape[1] - ("blip2" not in folder.name)
    else:
        inputs = processor(images=image, return_tensors="pt")
        cut = 0
    with torch.no_grad():
        ids = model.generate(**inputs, max_new_tokens=length, do_sample=False, num_beams=1)
    return clean_caption(processor.decode(ids[0, cut:], skip_special_tokens=True))


@pytest.mark.parametrize("prompt", [None, "a photo of"])
def test_captions_are_what_the_model_generates_by_hand(folder, pictures, prompt):
    captioner = TransformersCaptioner(
        str(folder), prompt=prompt, max_new_tokens=9, batch_size=3, device="cpu"
    )
    made = captioner.caption(pictures)
    assert made == [_by_hand(folder, path, prompt, 9) for path in pictures]
    assert len({one for one in made if isinstance(one, str)}) >= 3  # images make a difference


def test_the_batch_size_changes_nothing(folder, pictures):
    one, many = (
        TransformersCaptioner(str(folder), max_new_tokens=8, batch_size=size, device="cpu")
        for size in (1, 7)
    )
    made = many.caption(pictures)
    assert made == one.caption(pictures)
    assert many.caption(pictures[::-1]) == made[::-1]
    assert one.parameters == many.parameters


def test_an_unreadable_file_costs_only_itself(folder, pictures, tmp_path):
    captioner = TransformersCaptioner(str(folder), max_new_tokens=8, batch_size=4, device="cpu")
    broken = tmp_path / "broken.jpg"
    broken.write_text("no image")
    paths = [pictures[0], str(broken), *pictures[1:3], str(tmp_path / "gone.jpg"), pictures[3]]
    made = captioner.caption(paths)
    assert [isinstance(made[row], Missing) for row in (1, 4)] == [True, True]
    assert made[4].reason == "file not found"
    assert [made[row] for row in (0, 2, 3, 5)] == captioner.caption(pictures[:4])
    assert captioner.caption([]) == []
    assert len(captioner.caption([str(broken)])) == 1


def test_an_image_the_processor_refuses_costs_only_itself(tiny_qwen, pictures, tmp_path):
    thin = tmp_path / "thin.png"
    Image.new("RGB", (4000, 4)).save(thin)  # this processor takes no ratio above 200
    captioner = TransformersCaptioner(str(tiny_qwen), max_new_tokens=8, device="cpu")
    made = captioner.caption([pictures[0], str(thin), pictures[1]])
    assert isinstance(made[1], Missing)
    assert "refuses" in made[1].reason
    assert [made[0], made[2]] == captioner.caption(pictures[:2])


def test_beams_and_lengths_are_obeyed(tiny_blip, pictures):
    short = TransformersCaptioner(str(tiny_blip), max_new_tokens=3, num_beams=2, device="cpu")
    assert all(len(one.split()) <= 3 for one in short.caption(pictures) if isinstance(one, str))
    assert short.parameters["num_beams"] == 2


def test_threads_share_one_load(tiny_blip, pictures, monkeypatch):
    from visdiff_plugin.captioners import transformers_captioner as module

    calls, load = [], module.load_generator
    monkeypatch.setattr(module, "load_generator", lambda *a: calls.append(1) or load(*a))
    captioner = TransformersCaptioner(str(tiny_blip), max_new_tokens=5, device="cpu")
    assert not calls  # nothing is loaded before it is needed
    made = {}
    threads = [
        threading.Thread(target=lambda row=row: made.update({row: captioner.caption(pictures)}))
        for row in range(4)
    ]
    for thread in threads:
        thread.start()
    for one in threads:
        one.join()
    assert len(made) == 4
    assert all(one == made[0] for one in made.values())
    assert len(calls) == 1


def test_pickling_takes_the_recipe_and_not_the_weights(tiny_blip, pictures):
    captioner = TransformersCaptioner(str(tiny_blip), max_new_tokens=5, device="cpu")
    made = captioner.caption(pictures[:2])
    data = pickle.dumps(captioner)
    assert len(data) < 5000
    assert pickle.loads(data).caption(pictures[:2]) == made


def test_name_and_parameters_tell_models_and_prompts_apart(tiny_blip, tmp_path):
    one = make_captioner(f"transformers:{tiny_blip}")
    assert isinstance(one, Captioner)
    assert one.name == "tiny-blip"
    json.dumps(one.parameters)
    other = make_captioner({"name": f"transformers:{tiny_blip}", "prompt": "a photo of"})
    assert other.parameters != one.parameters
    copy = tmp_path / "tiny-blip"
    shutil.copytree(tiny_blip, copy)
    assert TransformersCaptioner(str(copy)).parameters == one.parameters
    weights = copy / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-5] ^= 1  # retrained weights have the same size
    weights.write_bytes(data)
    assert TransformersCaptioner(str(copy)).parameters != one.parameters


def test_incomplete_weights_are_an_error_and_not_random(tiny_blip, pictures, tmp_path):
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "incomplete"
    shutil.copytree(tiny_blip, folder)
    weights = load_file(folder / "model.safetensors")
    del weights[next(name for name in weights if "vision" in name)]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="incomplete"):
        TransformersCaptioner(str(folder), device="cpu").caption(pictures)


def test_what_can_not_be_loaded_is_a_model_error_with_advice(tiny_blip, pictures, tmp_path):
    with pytest.raises(ModelError, match="hf download nobody/no-such-model"):
        TransformersCaptioner("nobody/no-such-model").caption(pictures)
    (tmp_path / "config.json").write_text('{"model_type": "no-such-architecture"}')
    with pytest.raises(ModelError, match="makes text from images"):
        TransformersCaptioner(str(tmp_path)).caption(pictures)
    folder = tmp_path / "cut"
    shutil.copytree(tiny_blip, folder)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelError, match="can't be loaded"):
        TransformersCaptioner(str(folder)).caption(pictures)


def test_arguments_out_of_range_and_unknown_names():
    for wrong in ({"max_new_tokens": 0}, {"batch_size": 0}, {"num_beams": 0}, {"threads": 0},
                  {"dtype": "int8"}):  # fmt: skip
        with pytest.raises(ValueError, match=next(iter(wrong))):
            TransformersCaptioner("blip", **wrong)
    with pytest.raises(ValueError, match="transformers:MODEL"):
        make_captioner("clairvoyant")
    with pytest.raises(ValueError, match="max_new_tokens"):
        make_captioner({"name": "blip", "max_tokens": 5})
    with pytest.raises(ValueError, match="Expected MODEL for"):
        make_captioner("transformers")
    with pytest.raises(ValueError, match="caption"):
        make_captioner(object())


@pytest.mark.parametrize("style", CAPTION_STYLES)
def test_a_style_asks_a_chat_model_another_question(tiny_qwen, pictures, style):
    spec = {"name": f"transformers:{tiny_qwen}", "device": "cpu", "max_new_tokens": 9}
    made = make_captioner({**spec, "style": style}).caption(pictures)
    assert made == [_by_hand(tiny_qwen, path, CAPTION_STYLES[style], 9) for path in pictures]
    assert make_captioner({**spec, "style": style}).parameters["style"] == style


def test_long_styles_have_room_and_stored_captions_stay_valid(tiny_qwen):
    spec = {"name": f"transformers:{tiny_qwen}"}
    lengths = {
        style: make_captioner({**spec, "style": style}).parameters["max_new_tokens"]
        for style in (None, *CAPTION_STYLES)
    }
    assert lengths == {None: 60, "short": 60, "detailed": 160, "aspects": 160}
    # these decide whether a stored caption is still valid: a new member would void all of them
    assert make_captioner("blip").parameters == {
        "prompt": None, "chat_prompt": CHAT_PROMPT, "max_new_tokens": 60, "num_beams": 1,
        "dtype": "auto", "revision": None, "weights": None,
    }  # fmt: skip


def test_a_model_that_follows_no_instructions_has_no_style(tiny_blip, tiny_blip2, pictures):
    for folder in (tiny_blip, tiny_blip2):
        captioner = TransformersCaptioner(str(folder), style="short", device="cpu")
        with pytest.raises(ModelError, match=f"chat model for style='short', got {folder.name}"):
            captioner.caption(pictures)
    for name in ("blip", "blip2"):  # known before anything is loaded
        with pytest.raises(ValueError, match="choose a chat VLM"):
            make_captioner({"name": name, "style": "aspects"})


def test_short_names():
    assert make_captioner("blip").name == "Salesforce/blip-image-captioning-base"
    assert make_captioner("blip2").name == "Salesforce/blip2-opt-2.7b"


def test_a_captioner_passes_through(minidual, shared):
    assert make_captioner(minidual) is minidual
    photos = sorted(str(one) for one in (shared / "data/flickr8k/images").iterdir())[:2]
    assert all(make_captioner(minidual).caption(photos))
