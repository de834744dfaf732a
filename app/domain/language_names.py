"""What languages are called in the languages that the bridge speaks: from Unicode CLDR, by way of Babel 2.18."""

from __future__ import annotations

_NAMES: dict[str, str] = {
    "en": (
        "af Afrikaans, am Amharic, ar Arabic, as Assamese, az Azerbaijani, ba Bashkir, be Belarusian, bg Bulgarian, "
        "bn Bangla, br Breton, bs Bosnian, ca Catalan, cs Czech, cy Welsh, da Danish, de German, el Greek, en "
        "English, es Spanish, et Estonian, eu Basque, fa Persian, fi Finnish, fo Faroese, fr French, gl Galician, gu "
        "Gujarati, ha Hausa, he Hebrew, hi Hindi, hr Croatian, ht Haitian Creole, hu Hungarian, hy Armenian, id "
        "Indonesian, is Icelandic, it Italian, ja Japanese, ka Georgian, kk Kazakh, km Khmer, kn Kannada, ko Korean, "
        "lb Luxembourgish, ln Lingala, lo Lao, lt Lithuanian, lv Latvian, mg Malagasy, mk Macedonian, ml Malayalam, "
        "mn Mongolian, mr Marathi, ms Malay, mt Maltese, my Burmese, ne Nepali, nl Dutch, no Norwegian, oc Occitan, "
        "pa Punjabi, pl Polish, ps Pashto, pt Portuguese, ro Romanian, ru Russian, sd Sindhi, si Sinhala, sk Slovak, "
        "sl Slovenian, sn Shona, so Somali, sq Albanian, sr Serbian, su Sundanese, sv Swedish, sw Swahili, ta Tamil, "
        "te Telugu, tg Tajik, th Thai, tk Turkmen, tl Tagalog, tr Turkish, tt Tatar, uk Ukrainian, ur Urdu, uz Uzbek, "
        "vi Vietnamese, yi Yiddish, yo Yoruba, zh Chinese"
    ),
    "es": (
        "af afrikáans, am amárico, ar árabe, as asamés, az azerbaiyano, ba baskir, be bielorruso, bg búlgaro, bn "
        "bengalí, br bretón, bs bosnio, ca catalán, cs checo, cy galés, da danés, de alemán, el griego, en inglés, es "
        "español, et estonio, eu euskera, fa persa, fi finés, fo feroés, fr francés, gl gallego, gu guyaratí, ha "
        "hausa, he hebreo, hi hindi, hr croata, ht criollo haitiano, hu húngaro, hy armenio, id indonesio, is "
        "islandés, it italiano, ja japonés, ka georgiano, kk kazajo, km jemer, kn canarés, ko coreano, lb "
        "luxemburgués, ln lingala, lo lao, lt lituano, lv letón, mg malgache, mk macedonio, ml malayálam, mn mongol, "
        "mr maratí, ms malayo, mt maltés, my birmano, ne nepalí, nl neerlandés, no noruego, oc occitano, pa punyabí, "
        "pl polaco, ps pastún, pt portugués, ro rumano, ru ruso, sd sindi, si cingalés, sk eslovaco, sl esloveno, sn "
        "shona, so somalí, sq albanés, sr serbio, su sundanés, sv sueco, sw suajili, ta tamil, te telugu, tg tayiko, "
        "th tailandés, tk turcomano, tl tagalo, tr turco, tt tártaro, uk ucraniano, ur urdu, uz uzbeko, vi "
        "vietnamita, yi yidis, yo yoruba, zh chino"
    ),
    "fr": (
        "af afrikaans, am amharique, ar arabe, as assamais, az azerbaïdjanais, ba bachkir, be biélorusse, bg bulgare, "
        "bn bengali, br breton, bs bosniaque, ca catalan, cs tchèque, cy gallois, da danois, de allemand, el grec, en "
        "anglais, es espagnol, et estonien, eu basque, fa persan, fi finnois, fo féroïen, fr français, gl galicien, "
        "gu goudjarati, ha haoussa, he hébreu, hi hindi, hr croate, ht créole haïtien, hu hongrois, hy arménien, id "
        "indonésien, is islandais, it italien, ja japonais, ka géorgien, kk kazakh, km khmer, kn kannada, ko coréen, "
        "lb luxembourgeois, ln lingala, lo lao, lt lituanien, lv letton, mg malgache, mk macédonien, ml malayalam, mn "
        "mongol, mr marathi, ms malais, mt maltais, my birman, ne népalais, nl néerlandais, no norvégien, oc occitan, "
        "pa pendjabi, pl polonais, ps pachto, pt portugais, ro roumain, ru russe, sd sindhi, si cingalais, sk "
        "slovaque, sl slovène, sn shona, so somali, sq albanais, sr serbe, su soundanais, sv suédois, sw swahili, ta "
        "tamoul, te télougou, tg tadjik, th thaï, tk turkmène, tl tagalog, tr turc, tt tatar, uk ukrainien, ur "
        "ourdou, uz ouzbek, vi vietnamien, yi yiddish, yo yoruba, zh chinois"
    ),
    "de": (
        "af Afrikaans, am Amharisch, ar Arabisch, as Assamesisch, az Aserbaidschanisch, ba Baschkirisch, be "
        "Belarussisch, bg Bulgarisch, bn Bengalisch, br Bretonisch, bs Bosnisch, ca Katalanisch, cs Tschechisch, cy "
        "Walisisch, da Dänisch, de Deutsch, el Griechisch, en Englisch, es Spanisch, et Estnisch, eu Baskisch, fa "
        "Persisch, fi Finnisch, fo Färöisch, fr Französisch, gl Galicisch, gu Gujarati, ha Haussa, he Hebräisch, hi "
        "Hindi, hr Kroatisch, ht Haiti-Kreolisch, hu Ungarisch, hy Armenisch, id Indonesisch, is Isländisch, it "
        "Italienisch, ja Japanisch, ka Georgisch, kk Kasachisch, km Khmer, kn Kannada, ko Koreanisch, lb "
        "Luxemburgisch, ln Lingala, lo Laotisch, lt Litauisch, lv Lettisch, mg Malagasy, mk Mazedonisch, ml "
        "Malayalam, mn Mongolisch, mr Marathi, ms Malaiisch, mt Maltesisch, my Birmanisch, ne Nepalesisch, nl "
        "Niederländisch, no Norwegisch, oc Okzitanisch, pa Punjabi, pl Polnisch, ps Paschtu, pt Portugiesisch, ro "
        "Rumänisch, ru Russisch, sd Sindhi, si Singhalesisch, sk Slowakisch, sl Slowenisch, sn Shona, so Somali, sq "
        "Albanisch, sr Serbisch, su Sundanesisch, sv Schwedisch, sw Suaheli, ta Tamil, te Telugu, tg Tadschikisch, th "
        "Thailändisch, tk Turkmenisch, tl Tagalog, tr Türkisch, tt Tatarisch, uk Ukrainisch, ur Urdu, uz Usbekisch, "
        "vi Vietnamesisch, yi Jiddisch, yo Yoruba, zh Chinesisch"
    ),
    "it": (
        "af afrikaans, am amarico, ar arabo, as assamese, az azerbaigiano, ba baschiro, be bielorusso, bg bulgaro, bn "
        "bengalese, br bretone, bs bosniaco, ca catalano, cs ceco, cy gallese, da danese, de tedesco, el greco, en "
        "inglese, es spagnolo, et estone, eu basco, fa persiano, fi finlandese, fo faroese, fr francese, gl "
        "galiziano, gu gujarati, ha hausa, he ebraico, hi hindi, hr croato, ht creolo haitiano, hu ungherese, hy "
        "armeno, id indonesiano, is islandese, it italiano, ja giapponese, ka georgiano, kk kazako, km khmer, kn "
        "kannada, ko coreano, lb lussemburghese, ln lingala, lo lao, lt lituano, lv lettone, mg malgascio, mk "
        "macedone, ml malayalam, mn mongolo, mr marathi, ms malese, mt maltese, my birmano, ne nepalese, nl olandese, "
        "no norvegese, oc occitano, pa punjabi, pl polacco, ps pashto, pt portoghese, ro rumeno, ru russo, sd sindhi, "
        "si singalese, sk slovacco, sl sloveno, sn shona, so somalo, sq albanese, sr serbo, su sundanese, sv svedese, "
        "sw swahili, ta tamil, te telugu, tg tagico, th thailandese, tk turcomanno, tl tagalog, tr turco, tt tataro, "
        "uk ucraino, ur urdu, uz uzbeco, vi vietnamita, yi yiddish, yo yoruba, zh cinese"
    ),
    "pt": (
        "af africâner, am amárico, ar árabe, as assamês, az azerbaijano, ba bashkir, be bielorrusso, bg búlgaro, bn "
        "bengali, br bretão, bs bósnio, ca catalão, cs tcheco, cy galês, da dinamarquês, de alemão, el grego, en "
        "inglês, es espanhol, et estoniano, eu basco, fa persa, fi finlandês, fo feroês, fr francês, gl galego, gu "
        "guzerate, ha hauçá, he hebraico, hi híndi, hr croata, ht haitiano, hu húngaro, hy armênio, id indonésio, is "
        "islandês, it italiano, ja japonês, ka georgiano, kk cazaque, km khmer, kn canarim, ko coreano, lb "
        "luxemburguês, ln lingala, lo laosiano, lt lituano, lv letão, mg malgaxe, mk macedônio, ml malaiala, mn "
        "mongol, mr marati, ms malaio, mt maltês, my birmanês, ne nepalês, nl holandês, no norueguês, oc occitânico, "
        "pa panjabi, pl polonês, ps pashto, pt português, ro romeno, ru russo, sd sindi, si cingalês, sk eslovaco, sl "
        "esloveno, sn xona, so somali, sq albanês, sr sérvio, su sundanês, sv sueco, sw suaíli, ta tâmil, te télugo, "
        "tg tadjique, th tailandês, tk turcomeno, tl tagalo, tr turco, tt tártaro, uk ucraniano, ur urdu, uz uzbeque, "
        "vi vietnamita, yi iídiche, yo iorubá, zh chinês"
    ),
    "gl": (
        "af afrikaans, am amhárico, ar árabe, as assamés, az acerbaixano, ba baxkir, be belaruso, bg búlgaro, bn "
        "bengalí, br bretón, bs bosníaco, ca catalán, cs checo, cy galés, da dinamarqués, de alemán, el grego, en "
        "inglés, es español, et estoniano, eu éuscaro, fa persa, fi finés, fo feroés, fr francés, gl galego, gu "
        "guxarati, ha hausa, he hebreo, hi hindi, hr croata, ht crioulo haitiano, hu húngaro, hy armenio, id "
        "indonesio, is islandés, it italiano, ja xaponés, ka xeorxiano, kk kazako, km khmer, kn kannará, ko coreano, "
        "lb luxemburgués, ln lingala, lo laosiano, lt lituano, lv letón, mg malgaxe, mk macedonio, ml malabar, mn "
        "mongol, mr marathi, ms malaio, mt maltés, my birmano, ne nepalí, nl neerlandés, no noruegués, oc occitano, "
        "pa panxabí, pl polaco, ps paxto, pt portugués, ro romanés, ru ruso, sd sindhi, si cingalés, sk eslovaco, sl "
        "esloveno, sn shona, so somalí, sq albanés, sr serbio, su sundanés, sv sueco, sw suahili, ta támil, te "
        "telugu, tg taxico, th tailandés, tk turkmeno, tl tagalo, tr turco, tt tártaro, uk ucraíno, ur urdú, uz "
        "uzbeko, vi vietnamita, yi yiddish, yo ioruba, zh chinés"
    ),
    "ca": (
        "af afrikaans, am amhàric, ar àrab, as assamès, az azerbaidjanès, ba baixkir, be belarús, bg búlgar, bn "
        "bengalí, br bretó, bs bosnià, ca català, cs txec, cy gal·lès, da danès, de alemany, el grec, en anglès, es "
        "espanyol, et estonià, eu basc, fa persa, fi finès, fo feroès, fr francès, gl gallec, gu gujarati, ha haussa, "
        "he hebreu, hi hindi, hr croat, ht crioll d’Haití, hu hongarès, hy armeni, id indonesi, is islandès, it "
        "italià, ja japonès, ka georgià, kk kazakh, km khmer, kn kannada, ko coreà, lb luxemburguès, ln lingala, lo "
        "laosià, lt lituà, lv letó, mg malgaix, mk macedoni, ml malaiàlam, mn mongol, mr marathi, ms malai, mt "
        "maltès, my birmà, ne nepalès, nl neerlandès, no noruec, oc occità, pa panjabi, pl polonès, ps paixtu, pt "
        "portuguès, ro romanès, ru rus, sd sindi, si singalès, sk eslovac, sl eslovè, sn shona, so somali, sq "
        "albanès, sr serbi, su sondanès, sv suec, sw suahili, ta tàmil, te telugu, tg tadjik, th tai, tk turcman, tl "
        "tagal, tr turc, tt tàtar, uk ucraïnès, ur urdú, uz uzbek, vi vietnamita, yi ídix, yo ioruba, zh xinès"
    ),
    "ar": (
        "af الأفريقانية, am الأمهرية, ar العربية, as الأسامية, az الأذربيجانية, ba الباشكيرية, be البيلاروسية, bg "
        "البلغارية, bn البنغالية, br البريتونية, bs البوسنية, ca الكتالانية, cs التشيكية, cy الويلزية, da الدانمركية, "
        "de الألمانية, el اليونانية, en الإنجليزية, es الإسبانية, et الإستونية, eu الباسكية, fa الفارسية, fi "
        "الفنلندية, fo الفاروية, fr الفرنسية, gl الجاليكية, gu الغوجاراتية, ha الهوسا, he العبرية, hi الهندية, hr "
        "الكرواتية, ht الكريولية الهايتية, hu الهنغارية, hy الأرمنية, id الإندونيسية, is الأيسلندية, it الإيطالية, ja "
        "اليابانية, ka الجورجية, kk الكازاخستانية, km الخميرية, kn الكانادا, ko الكورية, lb اللكسمبورغية, ln "
        "اللينجالا, lo اللاوية, lt الليتوانية, lv اللاتفية, mg الملغاشي, mk المقدونية, ml المالايالامية, mn "
        "المنغولية, mr الماراثية, ms الماليزية, mt المالطية, my البورمية, ne النيبالية, nl الهولندية, no النرويجية, "
        "oc الأوكسيتانية, pa البنجابية, pl البولندية, ps البشتو, pt البرتغالية, ro الرومانية, ru الروسية, sd السندية, "
        "si السنهالية, sk السلوفاكية, sl السلوفانية, sn الشونا, so الصومالية, sq الألبانية, sr الصربية, su "
        "السوندانية, sv السويدية, sw السواحلية, ta التاميلية, te التيلوغوية, tg الطاجيكية, th التايلاندية, tk "
        "التركمانية, tl التاغالوغية, tr التركية, tt التترية, uk الأوكرانية, ur الأوردية, uz الأوزبكية, vi الفيتنامية, "
        "yi اليديشية, yo اليوروبا, zh الصينية"
    ),
}

_BY_LANGUAGE = {
    language: dict(entry.split(" ", 1) for entry in names.split(", ")) for language, names in _NAMES.items()
}


def language_name(code: str, language: str) -> str:
    """Return what ``code`` is called in ``language``, which is one that has phrases; the code itself if it is rare."""
    return _BY_LANGUAGE[language].get(code, code)
